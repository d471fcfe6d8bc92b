# Packages made of what the machine has. `case` says where Rust, Python, the
# Python build systems and the crates are.
{
  lib,
  case,
  system ? builtins.currentSystem,
}:
let
  stdenv = import ./stdenv.nix { inherit lib system; };

  # A package that its install phase makes from nothing.
  made =
    name: installPhase: more:
    stdenv.mkDerivation (
      {
        inherit name installPhase;
        dontUnpack = true;
      }
      // more
    );

  programs =
    name: paths:
    made name ''
      mkdir -p "$out/bin"
      ln -s -t "$out/bin" ${toString (map (path: "'${path}'") paths)}
    '' { };

  # The machine's library, as the module of pkg-config that it is.
  library =
    name: modules:
    made name ''
      mkdir -p "$out/lib/pkgconfig"
      for module in ${toString modules}; do
          cp "$(/usr/bin/pkg-config --variable=pcfiledir "$module")/$module.pc" "$out/lib/pkgconfig"
      done
    '' { };

  pkgs = {
    inherit
      lib
      library
      pkgs
      stdenv
      ;

    callPackage =
      file: arguments:
      let
        package = if builtins.isFunction file then file else import file;
      in
      package (builtins.intersectAttrs (builtins.functionArgs package) pkgs // arguments);

    cargo = programs "cargo" [ "${case.toolchain}/cargo" ];
    rustc = programs "rustc" [ "${case.toolchain}/rustc" ];
    # As rust-overlay and fenix have them.
    toolchain = programs "toolchain" [
      "${case.toolchain}/cargo"
      "${case.toolchain}/rustc"
    ];

    # It finds what inputs bring and nothing else of the machine's.
    pkg-config = made "pkg-config" ''
      mkdir -p "$out/bin"
      printf '#!/bin/sh\nPKG_CONFIG_LIBDIR= exec /usr/bin/pkg-config "$@"\n' > "$out/bin/pkg-config"
      chmod +x "$out/bin/pkg-config"
    '' { };

    python3 = made "python3" ''
      mkdir -p "$out/bin"
      printf '#!/bin/sh\nexec %s "$@"\n' '${case.python}' > "$out/bin/python3"
      chmod +x "$out/bin/python3"
    '' { };

    libffi = library "libffi" [ "libffi" ];
    openssl = library "openssl" [
      "openssl"
      "libssl"
      "libcrypto"
    ];
    zlib = library "zlib" [ "zlib" ];

    rustPlatform = pkgs.callPackage ./rust.nix {
      crateFolders = map (folder: /. + folder) case.crates;
      gitConfig = case.gitConfig or "/dev/null";
    };

    # Python programs and modules as pip lays them into a folder.
    pythonTool =
      name: more:
      made name ''
        mkdir "$out"
        ln -s '${case.tools}/${name}' "$out/site-packages"
        if [ -d '${case.tools}/${name}/bin' ]; then
            ln -s '${case.tools}/${name}/bin' "$out/bin"
        fi
      '' more;

    # A file that a lock names, as a derivation with that file's name.
    fetchFile =
      path:
      made (baseNameOf path) "cp \"$file\" \"$out\"" {
        file = builtins.path {
          path = /. + path;
          name = baseNameOf path;
        };
      };
  };
in
pkgs
