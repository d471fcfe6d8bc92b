{ pkgs, lib, hacks }:
_: _: {
  # pyhack: begin fast-pack
  # pyhack: end fast-pack
}
