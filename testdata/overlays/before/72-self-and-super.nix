{ lib, nixpkgs, pyproject-nix, system }:
let
  p = nixpkgs.legacyPackages.${system};
  tools = p.callPackage pyproject-nix.build.hacks { };
in
self: super: {
  six = super.six;
}
