{
  description = "An application";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    pyproject-nix.url = "github:pyproject-nix/pyproject.nix";
  };

  outputs =
    { nixpkgs, pyproject-nix, ... }:
    let
      pkgs = nixpkgs.legacyPackages.x86_64-linux;
      hacks = pkgs.callPackage pyproject-nix.build.hacks { };
      pyprojectOverrides = final: prev: {
        # Implement build fixups here.
      };
      pythonSet = pkgs.callPackage pyproject-nix.build.packages { python = pkgs.python3; };
    in
    {
      packages.x86_64-linux.default = pythonSet.mkVirtualEnv "app-env" { app = [ ]; };
    };
}
