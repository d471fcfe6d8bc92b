# An overlay of what a uv.lock has, as uv2nix makes it: an sdist or a wheel of a
# registry for each package, and a virtual project. Files come from folders.
#
# It knows locks without forks and extras, whose wheels fit, and one marker. It
# says no to others.
{
  buildHook,
  files,
  lock,
  preference,
  python3,
  stdenv,
}:
final: _:
let
  # What holds nowhere that Nix builds for.
  elsewhere = "sys_platform == 'win32'";

  specOf =
    package:
    let
      needed = builtins.filter (dependency: dependency.marker or "" != elsewhere) (
        package.dependencies or [ ]
      );
    in
    builtins.listToAttrs (
      map (
        dependency:
        if removeAttrs dependency [ "name" ] != { } then
          throw "${package.name} needs more than the name ${dependency.name}"
        else
          {
            inherit (dependency) name;
            value = [ ];
          }
      ) needed
    );

  # By its name. Nix compares it with the lock's hash.
  fetch =
    { url, hash, ... }:
    let
      name = baseNameOf url;
      paths = map (folder: /. + "${folder}/${name}") files;
      found = builtins.filter builtins.pathExists paths;
    in
    if found == [ ] then
      throw "${name} is in none of the folders of files"
    else
      stdenv.mkDerivation {
        inherit name;
        dontUnpack = true;
        file = builtins.path {
          path = builtins.head found;
          inherit name;
          recursive = false;
          sha256 = hash;
        };
        installPhase = "cp \"$file\" \"$out\"";
      };

  # Brings nothing of a build, so that a wheel needs none.
  wheelHook = stdenv.mkDerivation {
    name = "wheel-hook";
    dontUnpack = true;
    installPhase = "mkdir \"$out\"";
  };

  install = "${python3}/bin/python3 -S -B ${./install_wheel.py}";

  # The arguments that `override` changes.
  remote =
    package:
    {
      sourcePreference ? preference,
      resolveBuildSystem ? final.resolveBuildSystem,
    }:
    let
      isWheel = package ? wheels && (sourcePreference == "wheel" || !(package ? sdist));
      wheel = fetch (builtins.head package.wheels);
    in
    stdenv.mkDerivation (
      {
        pname = package.name;
        inherit (package) version;
        passthru = {
          dependencies = specOf package;
          format = if isWheel then "wheel" else "pyproject";
        };
      }
      // (
        if isWheel then
          {
            src = wheel;
            dontUnpack = true;
            nativeBuildInputs = [ wheelHook ];
            installPhase = "${install} \"$src\" \"$out/site-packages\"";
          }
        else
          {
            src = fetch package.sdist;
            nativeBuildInputs = [ buildHook ];
            installPhase = "${install} \"$NIX_BUILD_TOP\"/dist/*.whl \"$out/site-packages\"";
          }
      )
    );

  virtual =
    package: { }:
    stdenv.mkDerivation {
      pname = package.name;
      inherit (package) version;
      passthru.dependencies = specOf package;
      dontUnpack = true;
      installPhase = "mkdir \"$out\"";
    };

  # What virtual projects need on this platform.
  reached =
    let
      item = package: {
        key = package.name;
        inherit package;
      };
      named = name: builtins.filter (package: package.name == name) lock.package;
    in
    builtins.genericClosure {
      startSet = map item (builtins.filter (package: package.source ? virtual) lock.package);
      operator = { package, ... }: map item (builtins.concatMap named (builtins.attrNames (specOf package)));
    };

  overridable =
    make: arguments:
    make arguments
    // {
      override = more: overridable make (arguments // more);
    };
in
builtins.listToAttrs (
  map (
    { key, package }:
    {
      name = key;
      value = overridable (
        if package.source ? registry then
          remote package
        else if package.source ? virtual then
          virtual package
        else
          throw "${key} is from neither a registry nor a virtual project"
      ) { };
    }
  ) reached
)
