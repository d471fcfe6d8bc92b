{
  pkgs,
  hacks,
  ...
}: final: prev: {
  numpy = prev.numpy.overrideAttrs (old: {
    buildInputs =
      (old.buildInputs or [])
      ++ [pkgs.openblas];
  });
}
