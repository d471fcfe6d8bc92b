# The derivations of a flake of `init`, by checkouts of the real pyproject.nix, uv2nix
# and build-system-pkgs, and of nixpkgs' `lib`. By hand, in a project that is locked:
#
#     cargo pyhack init
#     nix-instantiate --eval --read-write-mode --strict --json tests/nix/flake-real.nix \
#       --argstr checkouts FOLDER --argstr flake FOLDER
#
# What is below them can't be built here: nothing is fetched.
{
  checkouts,
  flake,
  system ? builtins.currentSystem,
}:
let
  checkout = name: /. + "${checkouts}/${name}";
  lib = import (checkout "nixpkgs.lib/lib");
  pyproject-nix = import (checkout "pyproject.nix") { inherit lib; };
  uv2nix = import (checkout "uv2nix") { inherit lib pyproject-nix; };

  pkgsFor =
    minor:
    import ./nixpkgs.nix {
      inherit lib system;
      case = {
        python = "/usr/bin/python3";
        pythonVersion = "3.${toString minor}.2";
        toolchain = "/usr/bin";
        crates = [ ];
        files = [ ];
        uv = "/usr/bin";
      };
    };
  pythons = builtins.listToAttrs (
    map (minor: {
      name = "python3${toString minor}";
      value = (pkgsFor minor).python3;
    }) (lib.range 8 15)
  );
  small = pkgsFor 13;
  pkgs = small // pythons // {
    callPackage = lib.callPackageWith pkgs;
    newScope = more: lib.callPackageWith (pkgs // more);
    inherit pkgs;
    buildPackages = pkgs;
    # Any source will do where nothing is built.
    fetchurl =
      {
        url,
        hash ? null,
        name ? baseNameOf url,
      }:
      small.stdenv.mkDerivation {
        name = lib.strings.sanitizeDerivationName name;
        dontUnpack = true;
        passthru = { inherit url hash; };
      };
    mkShell =
      {
        packages,
        env,
        shellHook,
      }:
      small.stdenv.mkDerivation (env // { name = "shell"; inherit packages shellHook; });
  };

  outputs = (import (/. + "${flake}/flake.nix")).outputs {
    self = throw "nobody asks for it";
    nixpkgs = {
      inherit lib;
      legacyPackages.${system} = pkgs;
    };
    pyproject-build-systems.overlays = import (checkout "build-system-pkgs") {
      inherit lib pyproject-nix uv2nix;
    };
    inherit pyproject-nix uv2nix;
  };
in
{
  package = outputs.packages.${system}.default.drvPath;
  shell = outputs.devShells.${system}.default.drvPath;
}
