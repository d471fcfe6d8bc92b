# Builds a package: its inputs' hooks, then one phase after the other. A
# variable or function of a phase's name is that phase.
set -o pipefail
export PATH=$programs HOME=$NIX_BUILD_TOP/home SOURCE_DATE_EPOCH=315532800
mkdir "$HOME"
if [ -e "${NIX_ATTRS_SH_FILE-}" ]; then
    echo "structured attributes aren't known here" >&2
    exit 1
fi

addToSearchPath() {
    if [ -d "$2" ]; then
        declare -gx "$1=$2${!1:+:${!1}}"
    fi
}

# The package's own text comes before what hooks have added.
runHook() {
    local hook added="$1Hooks[@]"
    if [ -n "${!1-}" ]; then
        eval "${!1}"
    fi
    for hook in "${!added-}"; do
        ${hook:+"$hook"}
    done
}

runPhase() {
    echo "== $1"
    if [ -n "${!1-}" ]; then
        eval "${!1}"
    else
        "$1"
    fi
}

# The name of a file in the store, without its hash.
stripHash() {
    basename "$1" | sed -E 's/^[0-9a-z]{32}-//'
}

unpackPhase() {
    runHook preUnpack
    [ -n "${src-}" ] || { echo "there is no src" >&2; exit 1; }
    if [ -d "$src" ]; then
        cp -pr -- "$src" "$(stripHash "$src")"
        : "${sourceRoot:=$(stripHash "$src")}"
    else
        mkdir unpacked
        tar -C unpacked -xf "$src"
        mv unpacked/* .
        rmdir unpacked
        : "${sourceRoot:=$(tar -tf "$src" | sed -n '1s|/.*||p')}"
    fi
    chmod -R u+w -- "$sourceRoot"
    runHook postUnpack
}

patchPhase() {
    local patch
    runHook prePatch
    for patch in ${patches-}; do
        patch -p1 < "$patch"
    done
    runHook postPatch
}

configurePhase() {
    runHook preConfigure
    runHook postConfigure
}

buildPhase() {
    runHook preBuild
    runHook postBuild
}

installPhase() {
    runHook preInstall
    runHook postInstall
}

# Hooks may replace what stands above, and bring more hooks.
addInput() {
    local input=$1 more
    if [ -e "$input/nix-support/propagated-build-inputs" ]; then
        for more in $(< "$input/nix-support/propagated-build-inputs"); do
            addInput "$more"
        done
    fi
    addToSearchPath PATH "$input/bin"
    addToSearchPath PYTHONPATH "$input/site-packages"
    addToSearchPath PKG_CONFIG_PATH "$input/lib/pkgconfig"
    addToSearchPath CPATH "$input/include"
    addToSearchPath LIBRARY_PATH "$input/lib"
    if [ -e "$input/nix-support/setup-hook" ]; then
        source "$input/nix-support/setup-hook"
    fi
}
for input in ${nativeBuildInputs-} ${buildInputs-}; do
    addInput "$input"
done

if [ -z "${dontUnpack-}" ]; then
    runPhase unpackPhase
    cd -- "$sourceRoot"
    runPhase patchPhase
fi
[ -n "${dontConfigure-}" ] || runPhase configurePhase
[ -n "${dontBuild-}" ] || runPhase buildPhase
runPhase installPhase
for phase in ${postPhases-}; do
    runPhase "$phase"
done
