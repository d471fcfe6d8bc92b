# What the real pyproject.nix and uv2nix ask of nixpkgs besides what stanzas do,
# with nixpkgs' own `lib`.
{
  lib,
  case,
  system ? builtins.currentSystem,
}:
let
  small = import ./pkgs.nix { inherit lib case system; };
  platform = lib.systems.elaborate system;

  stdenv = small.stdenv // {
    buildPlatform = platform;
    hostPlatform = platform;
    targetPlatform = platform;
    inherit (platform) isLinux isDarwin;
    cc.libc = {
      pname = "glibc";
      version = "2.36";
      linuxHeaders.version = "6.1";
    };
  };

  # `NAME.bin` of the machine, with its programs.
  program =
    name: paths:
    stdenv.mkDerivation {
      inherit name;
      dontUnpack = true;
      installPhase = ''
        mkdir -p "$out/bin"
        for program in ${toString paths}; do
            ln -s -t "$out/bin" "$(PATH=/usr/bin:/bin type -P "$program")"
        done
      '';
    };

  # A hook, with `@NAME@` in its text replaced.
  makeSetupHook =
    {
      name,
      substitutions ? { },
      propagatedBuildInputs ? [ ],
      passthru ? { },
    }:
    script:
    let
      names = builtins.attrNames substitutions;
      text = builtins.replaceStrings (map (name: "@${name}@") names) (map (
        name: "${substitutions.${name}}"
      ) names) (builtins.readFile script);
    in
    stdenv.mkDerivation {
      inherit name text passthru;
      passAsFile = [ "text" ];
      hooks = propagatedBuildInputs;
      dontUnpack = true;
      installPhase = ''
        mkdir -p "$out/nix-support"
        cp "$textPath" "$out/nix-support/setup-hook"
        echo "$hooks" > "$out/nix-support/propagated-build-inputs"
      '';
    };

  version = case.pythonVersion;
  python3 = small.python3.overrideAttrs {
    pname = "python3";
    passthru = rec {
      inherit stdenv version;
      implementation = "cpython";
      pythonVersion = lib.versions.majorMinor version;
      sourceVersion = {
        major = lib.versions.major version;
        minor = lib.versions.minor version;
        patch = lib.versions.patch version;
        suffix = "";
      };
      sitePackages = "lib/python${pythonVersion}/site-packages";
      interpreter = "${python3}/bin/python3";
      pythonOnBuildForHost = python3;
      pythonOlder = lib.versionOlder version;
    };
  };

  pkgs = small // {
    inherit
      lib
      makeSetupHook
      pkgs
      python3
      stdenv
      ;
    buildPackages = pkgs;
    callPackage = lib.callPackageWith pkgs;
    newScope = more: lib.callPackageWith (pkgs // more);

    fetchurl =
      {
        url,
        hash ? null,
        name ? baseNameOf url,
      }:
      let
        found = builtins.filter builtins.pathExists (map (folder: /. + "${folder}/${name}") case.files);
      in
      if found == [ ] then
        throw "${name} is in none of the folders of files"
      else
        stdenv.mkDerivation {
          inherit name;
          dontUnpack = true;
          installPhase = "cp ${builtins.head found} \"$out\"";
          outputHash = hash;
          outputHashMode = "flat";
          outputHashAlgo = "sha256";
          passthru.url = url;
        };

    runCommand =
      name: attributes: text:
      stdenv.mkDerivation (
        attributes
        // {
          inherit name;
          dontUnpack = true;
          installPhase = text;
        }
      );
    replaceVars = script: _: script;

    autoPatchelfHook = makeSetupHook { name = "auto-patchelf-hook"; } (builtins.toFile "hook" "");
    pythonManylinuxPackages = {
      manylinux1 = [ ];
      manylinux2010 = [ ];
      manylinux2014 = [ ];
    };
    # Their setup hooks are of no use here.
    python3Packages = {
      cython = { };
      setuptools-scm.setupHook = null;
    };

    uv = stdenv.mkDerivation {
      name = "uv";
      dontUnpack = true;
      installPhase = "mkdir \"$out\" && ln -s '${case.uv}' \"$out/bin\"";
    };

    bzip2 = program "bzip2" [ "bzip2" ];
    cmake = program "cmake" [ "cmake" ];
    oniguruma = small.library "oniguruma" [ "oniguruma" ];
    perl = program "perl" [ "perl" ];
    protobuf = program "protobuf" [ "protoc" ];
    sqlite = small.library "sqlite" [ "sqlite3" ];
    ugrep = program "ugrep" [ "grep" ];
    unzip = program "unzip" [ "unzip" ];
    xz = small.library "xz" [ "liblzma" ];
    zstd = small.library "zstd" [ "libzstd" ];
  };
in
pkgs
