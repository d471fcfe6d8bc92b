# Builds the wheel of a project into `$NIX_BUILD_TOP/dist`, by its own backend.
{ python3, stdenv }:
stdenv.mkDerivation {
  name = "build-hook";
  dontUnpack = true;
  installPhase = ''
    mkdir -p "$out/nix-support"
    cat > "$out/nix-support/setup-hook" <<'END'
    addToSearchPath PATH ${python3}/bin
    buildPhase() {
        runHook preBuild
        mkdir "$NIX_BUILD_TOP/dist"
        # Without what else is installed for this Python.
        python3 -S -B ${./build_wheel.py} "$NIX_BUILD_TOP/dist"
        runHook postBuild
    }
    END
  '';
}
