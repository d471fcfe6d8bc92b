{ nixpkgs, pyproject-nix, ... }:
{
  overlays.default = final: prev: {
    app = final.callPackage ./app.nix { };
    python3 = prev.python3.override {
      packageOverrides = self: super: { };
    };
  };
  pyproject =
    { pkgs, hacks }:
    final: prev: {
      six = prev.six;
    };
}
