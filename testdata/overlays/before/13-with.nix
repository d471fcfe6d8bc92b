{ pkgs, hacks, ... }:
final: prev: with pkgs.lib; {
  a = id 1;
}
