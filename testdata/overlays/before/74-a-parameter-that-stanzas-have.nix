{ pkgs, hacks }:
{
  overlay = pkgs.lib.composeManyExtensions [
    (new: old: {
      six = old.six;
    })
  ];
}
