{
  outputs =
    {
      self,
      nixpkgs,
      hacks,
      ...
    }@inputs:
    {
      overlays = {
        default = final: prev: { };
        python = self: super: { };
        rust = final: prev: {
          # pyhack: begin fast-pack
          # pyhack: end fast-pack
          other = 1;
        };
      };
    };
}
