internal import KubernetesModel

extension JSONValue {
  /// A document of a server. What is not UTF-8 in it becomes U+FFFD, as in Go's reader: one odd byte in one object must not
  /// make a whole list unreadable.
  init(answer bytes: [UInt8], omitting omitted: JSONPaths = JSONPaths()) throws(JSONSyntaxError) {
    if let value = try? JSONValue(parsing: bytes, omitting: omitted) {
      self = value
    } else {
      self = try JSONValue(parsing: Array(String(decoding: bytes, as: UTF8.self).utf8), omitting: omitted)
    }
  }
}
