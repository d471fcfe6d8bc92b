# A set of Python packages as uv2nix makes them from `packages`: a wheel or an
# sdist of a registry, a local project, or a checkout of a git repository.
# Each builds to a wheel in a folder.
{
  callPackage,
  fetchFile,
  lib,
  packages,
  stdenv,
}:
let
  buildSystems = callPackage ./build-systems.nix { };
  buildHook = callPackage ./build-hook.nix { };

  kinds = {
    wheel = package: {
      src = fetchFile package.path;
      installPhase = "mkdir \"$out\" && cp \"$src\" \"$out\"";
      dontUnpack = true;
      passthru.format = "wheel";
    };
    sdist = package: {
      src = fetchFile package.path;
      passthru.format = "pyproject";
    };
    path = package: {
      # An archive of the user's, by its path alone.
      src.outPath = builtins.path {
        path = /. + package.path;
        name = baseNameOf package.path;
      };
      passthru.format = "pyproject";
    };
    local = package: { src = /. + package.path; };
    git = package: {
      # What fetchers built into Nix give has no name.
      src = {
        outPath = builtins.path {
          path = /. + package.path;
          name = "source";
        };
        rev = "0123456789012345678901234567890123456789";
      };
      passthru.format = "pyproject";
    };
  };

  make =
    final: name: package:
    stdenv.mkDerivation (
      {
        pname = name;
        inherit (package) version;
        installPhase = "cp -r \"$NIX_BUILD_TOP/dist\" \"$out\"";
        # Registries' locks don't tell build systems.
        nativeBuildInputs = [
          buildHook
        ]
        ++ lib.optionals (package.kind == "local") (
          final.resolveBuildSystem (package.buildSystem or { })
        );
      }
      // kinds.${package.kind} package
      // lib.optionalAttrs (package ? subdirectory) {
        postUnpack = "sourceRoot=\"$sourceRoot/${package.subdirectory}\"";
      }
    );
in
lib.makeSet (final: buildSystems final // builtins.mapAttrs (make final) packages)
