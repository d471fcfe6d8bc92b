{
  outputs =
    { nixpkgs, hacks, ... }:
    {
      overlays.default = final: prev: {
        app = final.callPackage ./app.nix { };
      };
    };
}
