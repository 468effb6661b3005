extension String {
  /// The text with these characters written as entities. By scalars: a combining mark after a `<` does not make it harmless.
  package func escaped(_ entities: [Unicode.Scalar: String]) -> String {
    var text = ""
    for scalar in unicodeScalars {
      if let entity = entities[scalar] { text += entity } else { text.unicodeScalars.append(scalar) }
    }
    return text
  }
}
