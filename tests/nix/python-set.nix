# A set of Python packages as uv2nix makes them from `packages`: a wheel or an
# sdist of a registry, a local project, or a checkout of a git repository.
# Each builds to a wheel in a folder.
{
  callPackage,
  fetchFile,
  lib,
  packages,
  python3,
  pythonTool,
  stdenv,
}:
let
  # What each build system itself needs at run time.
  tools = {
    maturin = [ ];
    packaging = [ ];
    semantic-version = [ ];
    setuptools = [ ];
    setuptools-rust = [
      "semantic-version"
      "setuptools"
    ];
    wheel = [ "packaging" ];
  };

  buildHook = stdenv.mkDerivation {
    name = "build-hook";
    dontUnpack = true;
    installPhase = ''
      mkdir -p "$out/nix-support"
      cat > "$out/nix-support/setup-hook" <<'END'
      addToSearchPath PATH ${python3}/bin
      buildPhase() {
          runHook preBuild
          mkdir -p "$out"
          # Without what else is installed for this Python.
          python3 -S -B ${./build_wheel.py} "$out"
          runHook postBuild
      }
      END
    '';
  };

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
lib.makeSet (
  final:
  builtins.mapAttrs (name: dependencies: pythonTool name { passthru = { inherit dependencies; }; }) tools
  // builtins.mapAttrs (make final) packages
  // {
    # A set of names to lists of extras.
    resolveBuildSystem =
      spec:
      let
        asked =
          if spec == { } then
            {
              setuptools = [ ];
              wheel = [ ];
            }
          else
            spec;
        closure =
          names:
          let
            needed = builtins.concatMap (name: final.${name}.passthru.dependencies) names;
            more = lib.unique (names ++ needed);
          in
          if more == names then names else closure more;
      in
      map (name: final.${name}) (closure (builtins.attrNames asked));
  }
)
