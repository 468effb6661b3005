/// What can be told of a URI without asking for it.
package func uriProblems(_ uri: String, at path: String, schemes: [String]) -> [Problem] {
  guard let separator = uri.firstRange(of: "://") else {
    return [
      Problem(
        path, "'\(uri)' is not a URI",
        mend: uri.hasPrefix("/") ? "write file://\(uri)" : "begin it with \(schemes[0])://")
    ]
  }
  let scheme = String(uri[..<separator.lowerBound])
  let rest = uri[separator.upperBound...]
  guard schemes.contains(scheme) else {
    return [
      Problem(
        path, "'\(scheme)' is not read here", mend: "write one of \(schemes.map { "\($0)://" }.joined(separator: ", "))"
      )
    ]
  }
  if uri.contains(where: { $0.isWhitespace || $0.isNewline }) {
    return [Problem(path, "holds a space", mend: "write it as %20")]
  }
  if scheme == "file" {
    guard rest.hasPrefix("/") else {
      return [
        Problem(path, "names a host, '\(rest.prefix { $0 != "/" })'", mend: "write file:/// and an absolute path")
      ]
    }
    return []
  }
  // Credentials in a spec would be readable for everyone who may read the resource.
  if rest.prefix(while: { $0 != "/" }).contains("@") {
    return [Problem(path, "holds credentials", mend: "keep them in a Secret")]
  }
  if rest.first == nil || rest.first == "/" {
    return [Problem(path, "names no host", mend: "write \(scheme)://host/…")]
  }
  return []
}
