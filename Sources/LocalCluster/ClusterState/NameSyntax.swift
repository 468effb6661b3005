/// How names, labels and their keys are spelled.
enum NameSyntax {
  static func isLabelName(_ name: String) -> Bool {
    name.utf8.count <= 63 && name.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?/) != nil
  }

  static func isSubdomain(_ name: String) -> Bool {
    name.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/) != nil
  }

  static func isLabelValue(_ text: String) -> Bool {
    text.utf8.count <= 63 && text.wholeMatch(of: /(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?/) != nil
  }

  static func isQualifiedName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let name = parts.last, parts.count <= 2, !name.isEmpty, isLabelValue(name) else { return false }
    return parts.count == 1 || isSubdomain(parts[0])
  }
}
