# `rustPlatform`, with crates from folders of `.crate` files in the place of
# a registry.
{
  crateFolders,
  gitConfig,
  lib,
  python3,
  stdenv,
}:
let
  # By its name, as in Cargo's cache, or by its checksum, as in ours.
  crateFile =
    crate:
    let
      name = "${crate.name}-${crate.version}.crate";
      names = [
        name
        "${builtins.substring 0 2 crate.checksum}/${crate.checksum}.crate"
      ];
      files = builtins.concatMap (folder: map (file: folder + "/${file}") names) crateFolders;
      found = builtins.filter builtins.pathExists files;
    in
    if found == [ ] then
      throw "${name} is in none of the folders of crates"
    else
      # Nix compares it with the lock's checksum.
      builtins.path {
        path = builtins.head found;
        inherit name;
        recursive = false;
        sha256 = crate.checksum;
      };

  checkout =
    {
      url,
      revision,
      hash,
    }:
    stdenv.mkDerivation {
      name = "checkout";
      dontUnpack = true;
      GIT_CONFIG_GLOBAL = gitConfig;
      installPhase = ''
        export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always
        git() { PATH=/usr/bin:/bin command git "$@"; }
        git clone --quiet --no-checkout '${url}' "$out"
        git -C "$out" checkout --quiet '${revision}'
        git -C "$out" submodule --quiet update --init --recursive
        find "$out" -name .git -prune -exec rm -rf {} +
      '';
      outputHashMode = "recursive";
      outputHashAlgo = "sha256";
      outputHash = hash;
    };
in
{
  cargoSetupHook = stdenv.mkDerivation {
    name = "cargo-setup-hook";
    dontUnpack = true;
    installPhase = ''
      mkdir -p "$out/nix-support"
      cp ${./cargo-setup-hook.sh} "$out/nix-support/setup-hook"
    '';
  };

  importCargoLock =
    {
      lockFile ? null,
      lockFileContents ? null,
      outputHashes ? { },
      extraRegistries ? { },
      allowBuiltinFetchGit ? false,
    }:
    let
      text = if lockFile == null then lockFileContents else builtins.readFile lockFile;
      lock = builtins.fromTOML text;
      key = crate: "${crate.name}-${crate.version}";
      external = builtins.filter (crate: crate ? source) lock.package;
      keys = map key external;

      parts = crate: builtins.match "git[+]([^?#]+)([?](rev|tag|branch)=([^#]*))?#([0-9a-f]+)" crate.source;
      isGit = crate: parts crate != null;
      fromGit = builtins.filter isGit external;
      revision = crate: builtins.elemAt (parts crate) 4;

      # One hash serves all crates of its revision.
      hashes = builtins.listToAttrs (
        map (crate: {
          name = revision crate;
          value = outputHashes.${key crate};
        }) (builtins.filter (crate: outputHashes ? ${key crate}) fromGit)
      );
      unused = removeAttrs outputHashes (map key fromGit);

      registryCrate = crate: {
        inherit (crate) name version checksum;
        file = crateFile crate;
      };
      gitCrate =
        crate:
        let
          part = builtins.elemAt (parts crate);
        in
        {
          inherit (crate) name version;
          url = part 0;
          selector = part 2;
          value = part 3;
          isEncoded = (lock.version or 1) >= 4;
          tree = checkout {
            url = part 0;
            revision = part 4;
            hash = hashes.${part 4} or (throw "no hash for ${key crate}: give it in `outputHashes`");
          };
        };
    in
    if (lockFile == null) == (lockFileContents == null) then
      throw "give either `lockFile` or `lockFileContents`"
    else if lib.unique keys != keys then
      throw "two crates of one name and version"
    else if unused != { } then
      throw "`outputHashes` has what is no git crate: ${toString (builtins.attrNames unused)}"
    else
      stdenv.mkDerivation {
        name = "cargo-vendor-dir";
        dontUnpack = true;
        nativeBuildInputs = [ python3 ];
        passAsFile = [
          "lockText"
          "crates"
        ];
        lockText = text;
        crates = builtins.toJSON (
          map (crate: if isGit crate then gitCrate crate else registryCrate crate) external
        );
        installPhase = ''
          python3 ${./vendor.py} "$cratesPath" "$out"
          cp "$lockTextPath" "$out/Cargo.lock"
        '';
      };
}
