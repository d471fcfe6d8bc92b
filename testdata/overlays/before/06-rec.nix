{ pkgs, hacks, ... }:
final: prev: rec {
  version = "1.0";
  name = "x-${version}";
}
