# The package set of one case: `nix-build -A overlaid.NAME --argstr settings FILE`.
{ settings }:
let
  case = builtins.fromJSON (builtins.readFile settings);
  lib = import ./lib.nix;
  pkgs = import ./pkgs.nix { inherit lib case; };
  hacks = pkgs.callPackage ./hacks.nix { inherit (case) importer; };
  scope = { inherit pkgs lib hacks; };
  # As a file it has its own parameters; as an overlay it stands where these
  # names are bound.
  overlay =
    if case.form == "file" then
      import (/. + case.overlay) scope
    else
      builtins.scopedImport scope (/. + case.overlay);
  set = pkgs.callPackage ./python-set.nix { inherit (case) packages; };
in
{
  plain = set;
  overlaid = set.overrideScope overlay;
}
