{ pkgs, hacks, final, prev }:
let
  # pyhack: begin fast-pack
  # pyhack: end fast-pack
  two = 2;
in
{
  inherit fast-pack;
}
