# Build systems that neither `uv.lock` nor build-system-pkgs has: what needs them
# fails to build until `uv add --dev NAME` has put them into the lock.
(
  final: prev:
  lib.genAttrs @names@ (
    name:
    pkgs.stdenv.mkDerivation {
      inherit name;
      buildCommand = "echo \"${name} is in no package set: run 'uv add --dev ${name}'\" >&2; exit 1";
      passthru.dependencies = { };
    }
  )
)
