{ pkgs, hacks, ... }:
final: prev: {
  a = 1; # one
}
