# `stdenv.mkDerivation`, whose results can be overridden.
{ lib, system }:
let
  # What is for evaluation alone.
  hidden = [
    "env"
    "meta"
    "passthru"
  ];

  # What every build has: a C compiler, and the programs of a shell. The rest
  # comes with inputs.
  common = [
    "ar as c++ cc cpp g++ gcc ld ld.bfd nm objcopy objdump ranlib readelf size strings strip"
    "awk bash bzip2 bunzip2 cmp diff egrep fgrep file find gawk grep gunzip gzip make patch sed sh tar xargs xz"
    "basename cat chmod comm cp cut date dd dirname echo env expr false head id install join ln ls"
    "md5sum mkdir mkfifo mktemp mv nproc od paste printf pwd readlink realpath rm rmdir seq sha1sum"
    "sha256sum sleep sort split stat tail tee test timeout touch tr true uname uniq wc whoami yes"
  ];

  programs = derivation {
    inherit system;
    name = "programs";
    builder = "/bin/bash";
    PATH = "/usr/bin:/bin";
    args = [
      "-euc"
      ''
        mkdir -p "$out/bin"
        for program in ${toString common}; do
            found="$found $(type -P "$program" || true)"
        done
        ln -s -t "$out/bin" $found
        # bash would become `ln`, and that closes its output before it ends,
        # which Nix takes for the end.
        :
      ''
    ];
    found = "";
  };

  derive =
    attributes:
    let
      env = attributes.env or { };
      plain = removeAttrs attributes hidden;
      both = builtins.attrNames (builtins.intersectAttrs env plain);
      isVariable = value: builtins.isString value || value ? outPath;
      wrong = builtins.filter (name: !isVariable env.${name}) (builtins.attrNames env);
    in
    if both != [ ] then
      throw "`env` has what is an attribute already: ${toString both}"
    else if wrong != [ ] then
      throw "`env` has what is no string: ${toString wrong}"
    else
      derivation (
        {
          inherit system;
          name = attributes.name or "${attributes.pname}-${attributes.version}";
          builder = "/bin/bash";
          args = [
            "-e"
            ./stdenv.sh
          ];
        }
        // plain
        // env
        // {
          programs = "${programs}/bin";
        }
      );

  mkDerivation =
    given:
    let
      # They may be a function of themselves.
      attributes = if builtins.isFunction given then given attributes else given;
      made = derive attributes;
      passthru = attributes.passthru or { };
    in
    attributes
    // made
    // passthru
    // {
      inherit passthru;
      # Some ask for one output, and all are in one here.
      out = made;
      dev = made;
      lib = made;
      bin = made;
      overrideAttrs =
        change:
        mkDerivation (attributes // (if builtins.isFunction change then change attributes else change));
    };

  ends = suffix: builtins.match ".*-${suffix}" system != null;
  starts = prefix: builtins.match "${prefix}-.*" system != null;
in
{
  inherit mkDerivation;
  hostPlatform = {
    inherit system;
    isLinux = ends "linux";
    isDarwin = ends "darwin";
    isx86_64 = starts "x86_64";
    isAarch64 = starts "aarch64";
  };
}
