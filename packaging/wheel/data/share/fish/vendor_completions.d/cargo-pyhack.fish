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

complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_needs_command" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
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
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l cargo-root -d 'One of several folders that cargo builds in, relative to the source root' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l lock-file -l cargo-lock -d 'A lock to take in the place of the source\'s `Cargo.lock`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l python -d 'CPython to build for, such as 3.13 [default: the newest that the project allows]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l platforms -l platform -d 'Platforms to build for, with commas between [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l prefer -d 'Whether to link nixpkgs\' libraries or the crates\' own copies' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match, for this report'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l cargo-root -d 'One of several folders that cargo builds in, relative to the source root' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l lock-file -l cargo-lock -d 'A lock to take in the place of the source\'s `Cargo.lock`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l to -d 'Folder to write; with --tar a file, or - for standard output' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l layout -d 'What the folder is like' -r -f -a "cargo\t'What `cargo vendor` writes'
import-cargo-lock\t'What nixpkgs\' `importCargoLock` makes'
fetch-cargo-vendor\t'What nixpkgs\' `cargoHash` covers: crates as they were downloaded'
fetch-cargo-vendor-unpacked\t'What nixpkgs\' `fetchCargoVendor` makes of that for cargo'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l platform -l platforms -d 'Platforms to build for, with commas between: other crates become stubs' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l link-mode -d 'How files get into the folder' -r -f -a "copy\t'They are written: the folder stands alone'
hardlink\t'Hard links to our cache: who edits a file edits it for all folders; copies where the cache is on another file system'
symlink\t'Links to our cache: the folder breaks where the cache is cleared or isn\'t there, as in a container or a commit'
reflink\t'Copies that share blocks with our cache; plain copies where the file system can\'t'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l tar -d 'Write a tar archive, the same bytes for the same crates'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l versioned-dirs -d 'Name all folders <name>-<version>, as `cargo vendor --versioned-dirs`'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand vendor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l cargo-root -d 'One of several folders that cargo builds in, relative to the source root' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l lock-file -l cargo-lock -d 'A lock to take in the place of the source\'s `Cargo.lock`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l nar -d 'Print the hash of a file or folder instead, as `nix hash path` does' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l convert -d 'Print this SHA-256 in another form instead' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l to -d 'Form to print a hash in' -r -f -a "sri\t'`sha256-` and base64'
nix32\t'Nix\'s base-32'
base16\t'Hexadecimal'
base64\t'Base64'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l output-hashes -d 'Print nixpkgs\' `outputHashes` instead: the git dependencies\' hashes'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand hash" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l cargo-root -d 'One of several folders that cargo builds in, relative to the source root' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l lock-file -l cargo-lock -d 'A lock to take in the place of the source\'s `Cargo.lock`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l python -d 'CPython to build for, such as 3.13 [default: the newest that the project allows]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l platforms -l platform -d 'Platforms to build for, with commas between [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l prefer -d 'Whether to link nixpkgs\' libraries or the crates\' own copies' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l source -d 'Where the package set has the package from' -r -f -a "registry\t'An sdist of a package index'
local\t'A project of the workspace'
git\t'A git repository'
url\t'An archive at a URL'
path\t'An sdist or a wheel in a local folder'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l subdirectory -d 'The package\'s folder in the git repository or archive' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l toolchain -d 'Nix expression for a toolchain with cargo and rustc, as rust-overlay and fenix have them' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l build-inputs -d 'Add libraries, as attribute paths below `pkgs`, with commas between' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l native-build-inputs -d 'Add programs, as attribute paths below `pkgs`, with commas between' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l env -d 'Set an environment variable of the build' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l prebuilt -d 'Take a package of the uv.lock from nixpkgs\' Python packages instead of building it' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l drop -d 'Dependencies that nixpkgs\' build doesn\'t need, with commas between; a name that ends in `-` is a prefix [default: what is proposed by the lock]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l style -d 'What the package is built by: pyproject.nix, or as nixpkgs\' own are [default: what the configuration says, else pyproject]' -r -f -a "pyproject\t'A stanza of an overlay, which calls pyproject.nix\' `hacks.importCargoLock`'
nixpkgs\t'A file for `callPackage`, which calls `buildPythonPackage`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l as -d 'How much is printed around the stanza [default: overlay; file with --write]' -r -f -a "overlay\t'`final: prev: { NAME = ...; }`'
stanza\t'`NAME = ...;` alone'
file\t'`{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l write -d 'Overlay file to put stanzas into, instead of printing it' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l formatter -d 'Program that lays FILE\'s new stanzas out, reading from standard input [default: as nixfmt does]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-ifd -d 'Keep the lock beside the overlay: nothing is imported from a derivation'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l ifd
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-comments -d 'Leave out the comments that say why an input is there'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l comments
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l strict -d 'Have another version in nixpkgs than in the lock be an error'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-strict
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match the manifests'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l no-generate-lock
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l force -d 'Replace stanzas in FILE that were edited by hand, too, and another file that lies where a lock goes'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l diff -d 'Print what changes in FILE as a diff'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l dry-run -d 'Say what would be written to FILE, and write nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand nix-snippet" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l manifest-path -d 'Cargo.toml or pyproject.toml of the project, in the place of PATH' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l cargo-root -d 'One of several folders that cargo builds in, relative to the source root' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l lock-file -l cargo-lock -d 'A lock to take in the place of the source\'s `Cargo.lock`' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l python -d 'CPython to build for, such as 3.13 [default: the newest that the project allows]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l platforms -l platform -d 'Platforms to build for, with commas between [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l prefer -d 'Whether to link nixpkgs\' libraries or the crates\' own copies' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l all -d 'Explain all native inputs'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l formatter -d 'Program that lays new stanzas out, reading from standard input [default: as nixfmt does]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l fix -d 'Rewrite outdated stanzas and add missing ones'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l force -d 'With --fix, replace those that were edited by hand, too'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l diff -d 'Print what would change, or did'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l source-preference -d 'Prefer wheels or sdists where the lock has both [default: what the configuration says, else wheel]' -r -f -a "wheel\t'Wheels that fit, which need no building'
sdist\t'Sdists, which are built'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l libc -d 'The C library of the Linux that is built for [default: glibc]' -r -f -a "glibc\t'nixpkgs\' usual'
musl\t'That of pkgsMusl'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l python -d 'CPython to build for, such as 3.13 [default: the newest that the project allows]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l platforms -l platform -d 'Platforms to build for, with commas between [default: aarch64-darwin,aarch64-linux,x86_64-linux]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l prefer -d 'Whether to link nixpkgs\' libraries or the crates\' own copies' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l toolchain -d 'Nix expression for a toolchain with cargo and rustc, as rust-overlay and fenix have them' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l build-inputs -d 'Add libraries, as attribute paths below `pkgs`, with commas between' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l native-build-inputs -d 'Add programs, as attribute paths below `pkgs`, with commas between' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l env -d 'Set an environment variable of the build' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l as -d 'How much is printed around the stanzas [default: overlay; file with --write]' -r -f -a "overlay\t'`final: prev: { NAME = ...; }`'
stanza\t'`NAME = ...;` alone'
file\t'`{ pkgs, lib, hacks, ... }: final: prev: { NAME = ...; }`, to import'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l write -d 'Overlay file to put stanzas into, instead of printing it' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l formatter -d 'Program that lays FILE\'s new stanzas out, reading from standard input [default: as nixfmt does]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l shard -d 'Look at one part of several of the packages, to split a run' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l merge -d 'Take the results of other runs, as `--format jsonl` prints them' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l all -d 'Make stanzas of all packages with Rust in their sdists'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-all
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l rust-only -d 'Make stanzas of packages with Rust in them alone'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-rust-only
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l free-threaded -d 'The build of that Python without a global lock'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-ifd -d 'Keep the lock beside the overlay: nothing is imported from a derivation'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l ifd
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-comments -d 'Leave out the comments that say why an input is there'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l comments
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l generate-lock -d 'Generate a missing Cargo.lock, or update one that doesn\'t match the manifests'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l no-generate-lock
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l force -d 'Replace stanzas in FILE that were edited by hand, too, and another file that lies where a lock goes'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l diff -d 'Print what changes in FILE as a diff'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l dry-run -d 'Say what is built from source and what would be fetched; fetch and write nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand lock" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l python -d 'CPython of the environment, such as 3.13 [default: that of .python-version, else nixpkgs\' own, or the newest, that the project allows and its wheels are for]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l source-preference -d 'What is taken of packages that have both [default: wheel]' -r -f -a "wheel\t'Wheels that fit, which need no building'
sdist\t'Sdists, which are built'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l no-lock -d 'Leave the overlay empty and fetch nothing'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l configure -d 'Add `[tool.cargo-pyhack]` to pyproject.toml, so that `lock` and `check` find the overlay'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l dry-run -d 'Write and fetch nothing; print what would be written'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "dir" -d 'Print the folder of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "prune" -d 'Remove what was used least recently'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and not __fish_seen_subcommand_from dir clean prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l sizes -d 'Also print the size of each part'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from dir" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l max-size -d 'The size to keep [default: 2 GiB, or `CARGO_PYHACK_CACHE_SIZE`]' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "dir" -d 'Print the folder of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove what was used least recently'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand cache; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l format -d 'How results are printed on standard output' -r -f -a "human\t'Text for people'
json\t'JSON as the schemas in `docs/schema` describe it'
jsonl\t'JSON, a line for each package, of `lock`'
github\t'Annotations for GitHub Actions, of `check`'
sarif\t'SARIF 2.1.0 for code scanning, of `check`'
dot\t'A picture for Graphviz, of `why`'
mermaid\t'A picture for Mermaid, of `why`'
svg\t'A picture, of `why`'"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l color -d 'When to use colours [default: `CARGO_TERM_COLOR`, else auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s C -l directory -d 'Change to this folder first' -r
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l offline -d 'Fetch nothing; use the crates in Cargo\'s cache and our own'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -l trust-project-config -d 'Obey the project\'s own `.cargo/config.toml` when fetching'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s q -l quiet -d 'Print no progress, notes and warnings'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand completions" -s v -l verbose -d 'Say more: the codes of warnings, for docs/diagnostics.md'
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
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "dir" -d 'Print the folder of the cache'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "clean" -d 'Remove everything'
complete -c cargo-pyhack -n "__fish_cargo_pyhack_using_subcommand help; and __fish_seen_subcommand_from cache" -f -a "prune" -d 'Remove what was used least recently'

# `cargo pyhack`: what is typed behind `cargo` is completed as a command line of its own.
function __cargo_pyhack_complete
    set -l words (commandline -opc)[3..] (commandline -ct)
    complete -C "cargo-pyhack $words"
end
complete -c cargo -n '__fish_seen_subcommand_from pyhack' -f -a '(__cargo_pyhack_complete)'
