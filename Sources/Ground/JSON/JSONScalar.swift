/// A value that is neither list nor object.
package enum JSONScalar {
  case null
  case bool(Bool)
  case string(String)
  /// As it is written, since a `Double` does not hold every number. Valid during the call that hands it out only.
  case number(UnsafeBufferPointer<UInt8>)

  /// Reads a JSON object of scalars without a tree of its values, and calls `member` for each member in order.
  ///
  /// Errors: `JSONSyntaxError` where the text is not JSON, or holds a list or an object. Members before that place were
  /// handed out already.
  package static func read(
    _ text: String, _ member: (_ name: String, _ value: JSONScalar) -> Void
  ) throws(JSONSyntaxError) {
    var text = text
    let result = text.withUTF8 { JSONParser.readScalars($0, member) }
    try result.get()
  }
}
