# Mine.
{ pkgs, lib, hacks }:
final: prev:
{
  other = prev.other.overrideAttrs (_: { x = 1; });

  # pyhack: begin fast-two 2.0
  # pyhack: from {"path":"two"}
  # pyhack: made source=e73dd74d98295c67 lock=2726d304f6e2fa72 build=048cd03e5002391d rules=a5bbd3676356d80a text=ab77ed333eed1f9d
  fast-two =
    (hacks.importCargoLock {
      prev = prev.fast-two;
      cargoRoot = "rust";
    }).overrideAttrs
      (old: {
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl # openssl-sys 0.9.109
        ];
      });
  # pyhack: end fast-two

  # pyhack: begin fast-one 1.0
  # pyhack: from {"path":"one"}
  # pyhack: made source=09a83d088796dc54 lock=7e7bf0ba1e1d924b build=048cd03e5002391d rules=a5bbd3676356d80a text=5e436429bc0417ce
  fast-one = hacks.importCargoLock {
    prev = prev.fast-one;
    cargoRoot = "rust";
  };
  # pyhack: end fast-one
}
