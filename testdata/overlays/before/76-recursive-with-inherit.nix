{ sources }:
let
  nixpkgs = import sources.nixpkgs { };
  inherit (nixpkgs) lib callPackage;
  hacks' = callPackage (sources.pyproject-nix + "/build/hacks") { };
in
final: prev:
lib.fix (self: { })
// rec {
  inherit (prev) six;
  seven = six;
}
