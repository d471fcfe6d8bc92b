{ pkgs, lib, hacks, ... }:
final: prev:
builtins.intersectAttrs prev {
  a = 1;
}
