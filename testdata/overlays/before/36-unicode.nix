# Überschreibungen — «für uns» 🦀
final: prev: {
  "größe" = "ä"; # ≤ 3
}
