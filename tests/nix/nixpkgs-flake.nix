# A nixpkgs for our own flake: as much of `lib` and the package set as it uses,
# with the interfaces of the real ones, and packages that are derivations but
# can't be built.
{
  outputs =
    { self }:
    let
      lib = {
        genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
        importTOML = path: builtins.fromTOML (builtins.readFile path);
        getExe = package: "${package}/bin/${package.meta.mainProgram}";
        licenses.mit.spdxId = "MIT";
        licenses.asl20.spdxId = "Apache-2.0";
        platforms.linux = [ "x86_64-linux" "aarch64-linux" ];
        platforms.darwin = [ "x86_64-darwin" "aarch64-darwin" ];
        fileset.unions = files: map (file: assert builtins.pathExists file; toString file) files;
        fileset.toSource =
          { root, fileset }:
          let
            startsWith = path: start: builtins.substring 0 (builtins.stringLength start) path == start;
            isWanted = path: file: path == file || startsWith path "${file}/" || startsWith file "${path}/";
          in
          builtins.path {
            path = root;
            name = "source";
            filter = path: _: builtins.any (isWanted path) fileset;
          };
      };

      packages =
        system:
        let
          package = name: attributes: derivation ({ inherit name system; builder = "/bin/sh"; } // attributes);
          plain = names: lib.genAttrs names (name: package name { });
          all =
            plain [ "actionlint" "cargo-deny" "clippy" "git" "libffi" "nix" "openssl" "pkg-config" "rust-analyzer" "rustfmt" "typos" "zizmor" ]
            // {
              inherit lib;
              python3.withPackages = select: package "python3" { packages = select (plain [ "pip" ]); };
              rustPlatform.buildRustPackage =
                { pname, version, src, cargoLock, cargoTestFlags, postInstall, meta }:
                assert builtins.isPath cargoLock.lockFile;
                assert builtins.length (builtins.fromTOML (builtins.readFile cargoLock.lockFile)).package > 100;
                # Nothing in the lock needs a hash that only we could give.
                assert builtins.all (each: !(builtins.match "git\\+.*" (each.source or "") != null))
                  (builtins.fromTOML (builtins.readFile cargoLock.lockFile)).package;
                package "${pname}-${version}" { inherit pname version src cargoTestFlags postInstall; }
                // { inherit meta src; };
              mkShell = { inputsFrom, packages }: package "shell" { inherit inputsFrom packages; };
              runCommand = name: attributes: script: package name (attributes // { inherit script; });
              callPackage =
                path: given:
                let
                  function = import path;
                in
                function (builtins.intersectAttrs (builtins.functionArgs function) all // given);
            };
        in
        all;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "aarch64-darwin" "aarch64-linux" "x86_64-darwin" "x86_64-linux" ] packages;
    };
}
