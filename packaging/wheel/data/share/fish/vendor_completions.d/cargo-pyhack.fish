# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cargo_pyhack_global_optspecs
    string join \n manifest-path= offline trust-project-config format= color= C/directory= q/quiet v/verbose h/help V/version
end

function __fish_cargo_pyhack_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cargo_pyhack_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cargo_pyhack_using_subcommand
    set -l cmd (__fish_cargo_pyhack_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s V -l version -d 'Print version'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "inspect" -d 'Show what a package is built from: backend, crates, Cargo.lock, libraries'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "vendor" -d 'Vendor the crates, to build offline'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "hash" -d 'Print nixpkgs\' `cargoHash`'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "nix-snippet" -d 'Print the override that builds a package with pyproject.nix'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "why" -d 'Explain why a library or crate is needed, or why it isn\'t'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "check" -d 'Check that the overrides in overlay files are up to date'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "lock" -d 'Write the overrides for all packages of a uv.lock that are built from source'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "init" -d 'Create a flake for a uv project, with the overrides for its packages'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "cache" -d 'Show, prune or clear the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "completions" -d 'Generate a completion script for a shell'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l cargo-root -d 'Folder of the Cargo workspace, relative to the source root, if there are several' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l lock-file -l cargo-lock -d 'Use this file instead of the source\'s Cargo.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l python -d 'CPython to build for, such as 3.13 [default: chosen from the uv.lock, else the newest that the project supports]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l platforms -l platform -d 'Comma-separated platforms to build for [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l prefer -d 'Link nixpkgs\' libraries (`system`) or the copies in the crates (`bundled`) [default: as most packages in nixpkgs do]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match the manifests'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l cargo-root -d 'Folder of the Cargo workspace, relative to the source root, if there are several' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l lock-file -l cargo-lock -d 'Use this file instead of the source\'s Cargo.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l to -d 'Folder to write; with --tar a file, or - for stdout' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l layout -d 'Layout of the folder' -r -f -a "cargo\t'The same as `cargo vendor`'
import-cargo-lock\t'The same as nixpkgs\' `importCargoLock`'
fetch-cargo-vendor\t'What nixpkgs\' `cargoHash` covers: crates as downloaded'
fetch-cargo-vendor-unpacked\t'What nixpkgs\' `fetchCargoVendor` unpacks for cargo'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l platform -l platforms -d 'Comma-separated platforms to build for; crates of other platforms become stubs [default: keep all crates]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l link-mode -d 'How to add the files to the folder' -r -f -a "copy\t'Copies'
hardlink\t'Hard links to the cache: don\'t edit the files; copies if the cache is on another file system'
symlink\t'Symbolic links to the cache: the folder can\'t be used without it, for example in a container'
reflink\t'Copies that share blocks with the cache; plain copies if the file system doesn\'t support it'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l tar -d 'Write a reproducible tar archive instead of a folder'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l versioned-dirs -d 'Name all folders <name>-<version>, like `cargo vendor --versioned-dirs`'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l cargo-root -d 'Folder of the Cargo workspace, relative to the source root, if there are several' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l lock-file -l cargo-lock -d 'Use this file instead of the source\'s Cargo.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l nar -d 'Print the hash of a file or folder instead, like `nix hash path`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l convert -d 'Convert a SHA-256 hash instead' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l to -d 'Format of the hash' -r -f -a "sri\t'`sha256-` and base64'
nix32\t'Nix\'s base-32'
base16\t'Hexadecimal'
base64\t'Base64'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l output-hashes -d 'Print the hashes of git dependencies instead, as for nixpkgs\' `outputHashes`'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l cargo-root -d 'Folder of the Cargo workspace, relative to the source root, if there are several' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l lock-file -l cargo-lock -d 'Use this file instead of the source\'s Cargo.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l python -d 'CPython to build for, such as 3.13 [default: chosen from the uv.lock, else the newest that the project supports]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l platforms -l platform -d 'Comma-separated platforms to build for [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l prefer -d 'Link nixpkgs\' libraries (`system`) or the copies in the crates (`bundled`) [default: as most packages in nixpkgs do]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l source -d 'Where the package set has the package from [default: the source in the uv.lock above the overlay, else local for a folder and registry for an sdist]' -r -f -a "registry\t'An sdist from a package index'
local\t'A project of the workspace'
git\t'A git repository'
url\t'An archive at a URL'
path\t'A local sdist or wheel'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l subdirectory -d 'Folder of the package in its git repository or archive' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l toolchain -d 'Nix expression for a Rust toolchain to build with, such as one of rust-overlay or fenix' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l build-inputs -d 'Add libraries, as comma-separated attribute paths below `pkgs`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l native-build-inputs -d 'Add build tools, as comma-separated attribute paths below `pkgs`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l env -d 'Set an environment variable of the build' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l prebuilt -d 'Use nixpkgs\' build of a package in the uv.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l drop -d 'Comma-separated dependencies to drop with --prebuilt; a name that ends in `-` is a prefix [default: those that nixpkgs\' build doesn\'t need]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l style -d 'Generate an override for pyproject.nix, or a package for nixpkgs [default: the style in the configuration, else pyproject]' -r -f -a "pyproject\t'An override for pyproject.nix'
nixpkgs\t'A file for `callPackage` that calls `buildPythonPackage`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l as -d 'How to print the override [default: overlay; file with --write]' -r -f -a "overlay\t'`final: prev: { NAME = ...; }`'
stanza\t'Only `NAME = ...;`'
file\t'`{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, a file to import'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l write -d 'Write to this overlay file instead of stdout' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l formatter -d 'Format new overrides with this program, which reads stdin and writes stdout [default: built-in nixfmt]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-ifd -d 'Save Cargo.lock next to the overlay, to avoid import from derivation'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l ifd
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-comments -d 'Omit the comments that show why an input is needed'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l comments
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l strict -d 'Make it an error if nixpkgs has another version than the lockfile'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-strict
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match the manifests'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-generate-lock
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l force -d 'Replace overrides in FILE that were edited by hand, and files in the place of a generated Cargo.lock'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l diff -d 'Print the changes to FILE as a diff'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l dry-run -d 'Show what would be written to FILE; write nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, instead of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l cargo-root -d 'Folder of the Cargo workspace, relative to the source root, if there are several' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l lock-file -l cargo-lock -d 'Use this file instead of the source\'s Cargo.lock' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l python -d 'CPython to build for, such as 3.13 [default: chosen from the uv.lock, else the newest that the project supports]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l platforms -l platform -d 'Comma-separated platforms to build for [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l prefer -d 'Link nixpkgs\' libraries (`system`) or the copies in the crates (`bundled`) [default: as most packages in nixpkgs do]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'
dot\t'A graph for Graphviz'
mermaid\t'A graph for Mermaid'
svg\t'A picture of the graph'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l all -d 'Explain all libraries, build tools and environment variables'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l formatter -d 'Format new overrides with this program, which reads stdin and writes stdout [default: built-in nixfmt]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'
github\t'Annotations for GitHub Actions'
sarif\t'SARIF 2.1.0 for code scanning'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l fix -d 'Update outdated overrides and add missing ones'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l force -d 'Also replace overrides that were edited by hand'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l diff -d 'Print the changes as a diff'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l source-preference -d 'Prefer wheels or sdists of packages that have both [default: the preference in the configuration, else wheel]' -r -f -a "wheel\t'Use compatible wheels'
sdist\t'Build sdists'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l libc -d 'C library to build for on Linux [default: glibc]' -r -f -a "glibc\t'The default of nixpkgs'
musl\t'The C library of pkgsMusl'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l python -d 'CPython to build for, such as 3.13 [default: chosen from the uv.lock, else the newest that the project supports]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l platforms -l platform -d 'Comma-separated platforms to build for [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l prefer -d 'Link nixpkgs\' libraries (`system`) or the copies in the crates (`bundled`) [default: as most packages in nixpkgs do]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l toolchain -d 'Nix expression for a Rust toolchain to build with, such as one of rust-overlay or fenix' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l build-inputs -d 'Add libraries, as comma-separated attribute paths below `pkgs`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l native-build-inputs -d 'Add build tools, as comma-separated attribute paths below `pkgs`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l env -d 'Set an environment variable of the build' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l as -d 'How to print the overrides [default: overlay; file with --write]' -r -f -a "overlay\t'`final: prev: { NAME = ...; }`'
stanza\t'Only `NAME = ...;`'
file\t'`{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, a file to import'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l write -d 'Write to this overlay file instead of stdout' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l formatter -d 'Format new overrides with this program, which reads stdin and writes stdout [default: built-in nixfmt]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l shard -d 'Process part K of N of the packages, to split a run' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l merge -d 'Use the results of other runs, which `--format jsonl` prints' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'
jsonl\t'JSON, one line per package'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l all -d 'Also write overrides for packages with Rust that have wheels'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-all
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l rust-only -d 'Only write overrides for packages with Rust'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-rust-only
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l free-threaded -d 'Build for the free-threaded variant of that Python'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-ifd -d 'Save Cargo.lock next to the overlay, to avoid import from derivation'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l ifd
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-comments -d 'Omit the comments that show why an input is needed'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l comments
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match the manifests'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-generate-lock
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l force -d 'Replace overrides in FILE that were edited by hand, and files in the place of a generated Cargo.lock'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l diff -d 'Print the changes to FILE as a diff'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l dry-run -d 'Show what is built from source and what would be fetched; fetch and write nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l python -d 'CPython of the environment, such as 3.13 [default: .python-version, else nixpkgs\' default, or the newest that the project and its wheels support]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l source-preference -d 'Prefer wheels or sdists of packages that have both [default: wheel]' -r -f -a "wheel\t'Use compatible wheels'
sdist\t'Build sdists'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l no-lock -d 'Leave the overlay empty and fetch nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l configure -d 'Add `[tool.cargo-pyhack]` to pyproject.toml so that `lock` and `check` find the overlay'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l dry-run -d 'Print what would be written; fetch and write nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "dir" -d 'Print the path of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "prune" -d 'Remove the least recently used files'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l sizes -d 'Also print the size of each part'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l max-size -d 'Size to prune the cache to [default: `CARGO_PYHACK_CACHE_SIZE`, else 2GiB]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "dir" -d 'Print the path of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove the least recently used files'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l format -d 'Format of the results on stdout' -r -f -a "human\t'Text'
json\t'JSON, with the schemas in `docs/schema`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s C -l directory -d 'Change to DIR before doing anything' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l offline -d 'Run without accessing the network; only use cached crates and sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l trust-project-config -d 'Use the project\'s `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s q -l quiet -d 'Don\'t print progress, notes or warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s v -l verbose -d 'Print more: codes of warnings, help for notes, and unchanged overrides'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "inspect" -d 'Show what a package is built from: backend, crates, Cargo.lock, libraries'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "vendor" -d 'Vendor the crates, to build offline'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "hash" -d 'Print nixpkgs\' `cargoHash`'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "nix-snippet" -d 'Print the override that builds a package with pyproject.nix'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "why" -d 'Explain why a library or crate is needed, or why it isn\'t'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "check" -d 'Check that the overrides in overlay files are up to date'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "lock" -d 'Write the overrides for all packages of a uv.lock that are built from source'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "init" -d 'Create a flake for a uv project, with the overrides for its packages'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "cache" -d 'Show, prune or clear the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "completions" -d 'Generate a completion script for a shell'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and not __fish_seen_subcommand_from inspect vendor hash nix-snippet why check lock init cache completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "dir" -d 'Print the path of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "prune" -d 'Remove the least recently used files'

# Completes `cargo pyhack` like `cargo-pyhack`.
function __cargo_pyhack_complete
    set -l words (commandline -opc)[3..] (commandline -ct)
    complete -C "cargo-pyhack $words"
end
complete -c cargo -n '__fish_seen_subcommand_from pyhack' -f -a '(__cargo_pyhack_complete)'
