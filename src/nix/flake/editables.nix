(
  lib.composeManyExtensions [
    @overlay@
    # hatchling makes them editable with `editables`, which no manifest has to name.
    (
      final: prev:
      lib.genAttrs @names@ (
        name:
        prev.${name}.overrideAttrs (old: {
          nativeBuildInputs = old.nativeBuildInputs ++ final.resolveBuildSystem { editables = [ ]; };
        })
      )
    )
  ]
)
