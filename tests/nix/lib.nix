# What stanzas and the files here use of nixpkgs' `lib`.
rec {
  optionals = condition: list: if condition then list else [ ];
  optionalAttrs = condition: set: if condition then set else { };
  optionalString = condition: text: if condition then text else "";
  hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
  genAttrs =
    names: f:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = f name;
      }) names
    );
  subtractLists = less: builtins.filter (item: !(builtins.elem item less));
  unique = builtins.foldl' (seen: item: if builtins.elem item seen then seen else seen ++ [ item ]) [ ];

  # A set whose members see its final form, and that overlays can be put on.
  makeSet =
    members:
    let
      final = members final // {
        overrideScope = overlay: makeSet (extends overlay members);
      };
    in
    final;

  extends =
    overlay: members: final:
    let
      prev = members final;
    in
    prev // overlay final prev;
}
