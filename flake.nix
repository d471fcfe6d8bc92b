{
  description = "Generates Nix overrides that build Python packages from source";

  # Any nixpkgs with Rust 1.95 or newer works.
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-darwin"
        "x86_64-linux"
      ];
      forAllSystems = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      packageOf = pkgs: pkgs.callPackage ./packaging/nix/package.nix { };
    in
    {
      packages = forAllSystems (pkgs: {
        default = packageOf pkgs;
      });

      apps = forAllSystems (pkgs: {
        default = {
          type = "app";
          program = lib.getExe (packageOf pkgs);
        };
      });

      overlays.default = final: prev: {
        cargo-pyhack = packageOf final;
      };

      devShells = forAllSystems (pkgs: {
        default = pkgs.callPackage ./packaging/nix/shell.nix { cargo-pyhack = packageOf pkgs; };
      });

      checks = forAllSystems (pkgs: {
        package = packageOf pkgs;
        example = pkgs.callPackage ./packaging/nix/example.nix { cargo-pyhack = packageOf pkgs; };
      });
    };
}
