# What uv2nix makes of every package of a uv.lock, by checkouts of the real
# pyproject.nix, uv2nix and nixpkgs' lib: is it built from source or a wheel, and
# which? For each platform, Python and preference.
# `nix-instantiate --eval --strict --json -A formats --argstr settings FILE`.
#
# Nothing is built, so nixpkgs' packages are attribute sets here. They hold what
# uv2nix and pyproject.nix look at when they choose, as nixpkgs has it in 2026:
# - glibc 2.42 (pkgs/development/libraries/glibc/common.nix), musl 1.2.5
#   (pkgs/by-name/mu/musl/package.nix),
# - darwinSdkVersion 14.4, which lib.systems of the checkout says itself,
# - pythonABITags of pkgs/development/interpreters/python/cpython/default.nix: abi3,
#   none and cp3XX, with a `t` where the GIL is off. So abi3 is among those of
#   free-threaded Pythons too.
{ settings }:
let
  case = builtins.fromJSON (builtins.readFile settings);
  checkout = name: /. + case.${name};
  lib = import (checkout "lib");
  pyproject-nix = import (checkout "pyproject.nix") { inherit lib; };
  uv2nix = import (checkout "uv2nix") { inherit lib pyproject-nix; };
  workspace = uv2nix.lib.workspace.loadWorkspace { workspaceRoot = checkout "workspace"; };

  preferences = [
    "sdist"
    "wheel"
  ];

  targets = [
    "aarch64-apple-darwin"
    "aarch64-unknown-linux-gnu"
    "aarch64-unknown-linux-musl"
    "x86_64-unknown-linux-gnu"
    "x86_64-unknown-linux-musl"
  ];

  # Markers may ask for patch versions, but hardly any does.
  pythons = {
    "3.11" = "3.11.14";
    "3.12" = "3.12.12";
    "3.13" = "3.13.11";
    "3.14" = "3.14.2";
    "3.14t" = "3.14.2";
  };

  libcs = {
    glibc = "2.42";
    musl = "1.2.5";
    libSystem = "14.4";
  };

  makeStdenv =
    target:
    let
      platform = lib.systems.elaborate target;
    in
    {
      buildPlatform = platform;
      hostPlatform = platform;
      targetPlatform = platform;
      inherit (platform) isLinux isDarwin;
      cc.libc = {
        pname = platform.libc;
        version = libcs.${platform.libc};
        linuxHeaders.version = "7.0";
      };
      mkDerivation =
        attributes:
        let
          self = if builtins.isFunction attributes then attributes self else attributes;
        in
        self;
    };

  makePython =
    stdenv: label:
    let
      version = pythons.${label};
      free = lib.optionalString (lib.hasSuffix "t" label) "t";
    in
    {
      inherit stdenv version;
      pname = "python3";
      passthru = rec {
        implementation = "cpython";
        pythonVersion = lib.versions.majorMinor version;
        sourceVersion = {
          major = lib.versions.major version;
          minor = lib.versions.minor version;
          patch = lib.versions.patch version;
          suffix = "";
        };
        pythonABITags = [
          "abi3"
          "none"
          "cp${sourceVersion.major}${sourceVersion.minor}${free}"
        ];
      };
    };

  # The packages that an overlay adds to a package set.
  packagesOf =
    preference: stdenv: python:
    let
      scope = {
        inherit stdenv python;
        fetchurl = source: source;
        resolveBuildSystem = _: [ ];
        autoPatchelfHook = null;
        pyprojectEditableHook = null;
        pyprojectHook = null;
        pyprojectWheelHook = null;
        unzip = null;
        pythonManylinuxPackages = {
          manylinux1 = [ ];
          manylinux2010 = [ ];
          manylinux2014 = [ ];
        };
      };
      callPackage =
        function: more: function (builtins.intersectAttrs (builtins.functionArgs function) scope // more);
      overlay = workspace.mkPyprojectOverlay (
        { sourcePreference = preference; }
        // lib.optionalAttrs (case ? dependencies) { inherit (case) dependencies; }
      );
    in
    overlay { inherit callPackage; } { inherit stdenv python; };

  # Sources are what `fetchurl` was called with, paths, or archives of the workspace.
  wheelOf = source: baseNameOf (toString (source.name or source.passthru.url or source));

  formatOf =
    package: package.passthru.format or (if package.dontUnpack or false then "virtual" else "local");

  failed = {
    version = "-";
    format = "error";
    wheel = "-";
  };

  describe =
    package:
    let
      format = formatOf package;
      described = {
        inherit format;
        inherit (package) version;
        wheel = if format == "wheel" then wheelOf package.src else "-";
      };
      tried = builtins.tryEval (builtins.deepSeq described described);
    in
    if tried.success then tried.value else failed;

  namesOf = packages: builtins.tryEval (builtins.attrNames packages);

  each =
    function:
    lib.genAttrs preferences (
      preference:
      lib.genAttrs targets (
        target:
        let
          stdenv = makeStdenv target;
        in
        builtins.mapAttrs (
          label: _: function (packagesOf preference stdenv (makePython stdenv label))
        ) pythons
      )
    );
in
{
  # By preference, target, Python and package; `*` where the whole set throws.
  formats = each (
    packages:
    if (namesOf packages).success then
      builtins.mapAttrs (_: describe) packages
    else
      { "*" = failed; }
  );

  # The same without what each package is, which may be an error that Nix can't catch.
  names = each (
    packages:
    let
      names = namesOf packages;
    in
    lib.genAttrs (if names.success then names.value else [ "*" ]) (_: null)
  );

  platforms = lib.genAttrs targets (
    target:
    let
      platform = lib.systems.elaborate target;
    in
    {
      inherit (platform) system libc;
    }
  );
}
