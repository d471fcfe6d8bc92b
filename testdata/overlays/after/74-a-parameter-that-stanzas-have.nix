{ pkgs, hacks }:
{
  overlay = pkgs.lib.composeManyExtensions [
    (new: old: {
      six = old.six;

      # pyhack: begin fast-pack 0.1.0
      # pyhack: from {"path":"project"}
      # pyhack: made now
      fast-pack =
        (hacks.importCargoLock {
          prev = old.fast-pack;
          cargoRoot = "src/rust";
        }).overrideAttrs
          (old': {
            buildInputs = (old'.buildInputs or [ ]) ++ [
              pkgs.openssl # openssl > openssl-sys 0.9.118
            ];
          });
      # pyhack: end fast-pack
    })
  ];
}
