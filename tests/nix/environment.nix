# The virtual environment of a uv.lock with the overlay of `lock --write`:
# `nix-build -A environment --argstr settings FILE`.
{ settings }:
let
  case = builtins.fromJSON (builtins.readFile settings);
  lib = import ./lib.nix;
  pkgs = import ./pkgs.nix { inherit lib case; };
  hacks = pkgs.callPackage ./hacks.nix { importer = "new"; };
  lock = builtins.fromTOML (builtins.readFile (/. + case.lock));

  buildSystems = pkgs.callPackage ./build-systems.nix { format = case.buildSystems; };
  base = lib.makeSet (
    final:
    buildSystems final
    // {
      # Of a set of names to lists of extras, with all that they need.
      mkVirtualEnv =
        name: spec:
        let
          keys = map (key: { inherit key; });
          closure = builtins.genericClosure {
            startSet = keys (builtins.attrNames spec);
            operator = { key }: keys (builtins.attrNames final.${key}.passthru.dependencies);
          };
        in
        pkgs.stdenv.mkDerivation {
          inherit name;
          dontUnpack = true;
          packages = map ({ key }: final.${key}) closure;
          installPhase = "${pkgs.python3}/bin/python3 ${./make_environment.py} \"$out\" $packages";
        };
    }
  );
  plain = base.overrideScope (
    pkgs.callPackage ./locked.nix {
      inherit lock;
      inherit (case) files preference;
      buildHook = pkgs.callPackage ./build-hook.nix { };
    }
  );
  overlaid = plain.overrideScope (import (/. + case.overlay) { inherit pkgs lib hacks; });

  fromRegistry = builtins.filter (package: package.source ? registry) lock.package;
in
{
  inherit plain overlaid;
  environment = overlaid.mkVirtualEnv "environment" { app = [ ]; };
  # What each package is made from.
  formats = lib.genAttrs (map (package: package.name) fromRegistry) (
    name: overlaid.${name}.passthru.format
  );
}
