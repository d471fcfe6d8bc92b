# What a flake of `init` gives with stand-ins for its inputs, as JSON:
# `nix-instantiate --eval --strict --json --argstr flake FOLDER`.
# The package set is that of the folder's uv.lock; each package is what became of it.
{ flake }:
let
  folder = /. + flake;
  small = import ./lib.nix;

  lib = small // {
    inherit (builtins) mapAttrs;
    composeManyExtensions =
      extensions: final: prev:
      builtins.foldl' (seen: extension: seen // extension final (prev // seen)) { } extensions;
  };

  pkgsOf = system: {
    inherit lib system;
    python311.interpreter = "/python3.11";
    python312.interpreter = "/python3.12";
    python313.interpreter = "/python3.13";
    python314.interpreter = "/python3.14";
    cargo = "cargo";
    rustc = "rustc";
    uv = "uv";
    callPackage = f: arguments: f arguments;
    mkShell =
      {
        packages,
        env,
        shellHook,
      }:
      {
        inherit packages env shellHook;
      };
  };

  # A package that tells what was done to it.
  package =
    name: facts:
    facts
    // {
      inherit name;
      nativeBuildInputs = facts.nativeBuildInputs or [ ];
      override = { editableRoot }: package name (facts // { inherit editableRoot; });
      overrideAttrs = change: package name (facts // change (package name facts));
    };
  told = facts: builtins.removeAttrs facts [ "override" "overrideAttrs" ];

  pyproject-nix.build = {
    hacks = { }: { importCargoLock = { prev, ... }: prev.overrideAttrs (_: { fromCargoLock = true; }); };
    packages =
      { python }:
      lib.makeSet (final: {
        resolveBuildSystem = builtins.attrNames;
        mkVirtualEnv = name: deps: {
          inherit name deps;
          python = python.interpreter;
          packages = map (name: told final.${name}) (builtins.attrNames deps);
          outPath = "/env/${name}";
        };
      });
  };

  uv2nix.lib.workspace.loadWorkspace =
    { workspaceRoot }:
    let
      lock = builtins.fromTOML (builtins.readFile (workspaceRoot + "/uv.lock"));
      isMember = package: package.source ? editable || package.source ? virtual;
      members = map (package: package.name) (builtins.filter isMember lock.package);
      entry = name: builtins.head (builtins.filter (package: package.name == name) lock.package);
      names = set: builtins.attrNames set;
      deps.all = lib.genAttrs members (
        name: names ((entry name).optional-dependencies or { }) ++ deps.groups.${name}
      );
      deps.groups = lib.genAttrs members (name: names ((entry name).dev-dependencies or { }));
      # Of each set that conflicts, one is named.
      isNarrowed =
        dependencies: set:
        let
          isNamed = member: builtins.elem (member.extra or member.group) dependencies.${member.package};
        in
        builtins.length (builtins.filter isNamed set) == 1;
      deps.default = lib.genAttrs members (_: [ ]);
    in
    {
      inherit deps;
      mkPyprojectOverlay =
        {
          sourcePreference,
          dependencies ? deps.all,
          pythonVersion ? null,
        }:
        if !(builtins.all (isNarrowed dependencies) (lock.conflicts or [ ])) then
          throw "extras or groups exclude each other"
        else
          _: prev:
          assert prev ? build-systems;
          lib.genAttrs members (
            name:
            package name (
              { inherit sourcePreference; } // (if pythonVersion == null then { } else { inherit pythonVersion; })
            )
          );
      mkEditablePyprojectOverlay =
        {
          root,
          members ? map (package: package.name) (
            builtins.filter (package: !(package.source ? virtual)) lock.package
          ),
        }:
        _: prev: lib.genAttrs members (name: prev.${name}.override { editableRoot = root; });
    };

  outputs = (import (folder + "/flake.nix")).outputs {
    self = throw "nobody asks for it";
    nixpkgs = {
      inherit lib;
      legacyPackages = lib.genAttrs [
        "aarch64-darwin"
        "aarch64-linux"
        "x86_64-linux"
      ] pkgsOf;
    };
    pyproject-build-systems.overlays.wheel = _: _: { build-systems = true; };
    inherit pyproject-nix uv2nix;
  };
  # A set with `outPath` would be printed as that alone.
  shown = environment: builtins.removeAttrs environment [ "outPath" ];
in
{
  packages = builtins.mapAttrs (_: each: shown each.default) outputs.packages;
  shells = builtins.mapAttrs (
    _: each:
    each.default
    // {
      packages = map (item: if builtins.isAttrs item then shown item else item) each.default.packages;
    }
  ) outputs.devShells;
}
