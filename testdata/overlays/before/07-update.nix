{ pkgs, hacks, lib, ... }:
final: prev:
(import ./generated.nix final prev)
// {
  six = prev.six;
}
