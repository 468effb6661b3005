/// The API has no typed source for why a controller could make no pod: the words are those of the admission plug-ins of
/// Kubernetes 1.20 to 1.36 and of OpenShift's. They are read here and nowhere else.
extension PodRefusal {
  /// - Parameter message: as it stands in an Event `FailedCreate` or in a Deployment's condition `ReplicaFailure`.
  init(_ message: String) {
    var text = message[...]
    for prefix in ["Error creating: ", "error creating: "] where text.hasPrefix(prefix) {
      text = text.dropFirst(prefix.count)
    }
    // pods "income-train-1-x7k2p" is forbidden: …; Pod "income-train-1-x7k2p" is invalid: …
    for start in ["pods \"", "Pod \""] where text.hasPrefix(start) {
      let rest = text.dropFirst(start.count)
      guard let end = rest.firstIndex(of: "\"") else { continue }
      let tail = rest[rest.index(after: end)...]
      for verb in [" is forbidden: ", " is invalid: "] where tail.hasPrefix(verb) { text = tail.dropFirst(verb.count) }
    }
    words = String(text.prefix(Self.longestWords))
    cause = Cause(words)
  }

  private static let longestWords = 600
}

extension PodRefusal.Cause {
  fileprivate init(_ words: String) {
    self =
      Self.quota(in: words) ?? Self.limitRange(in: words) ?? Self.security(in: words) ?? Self.policy(in: words)
      ?? Self.missingObject(in: words) ?? Self.field(in: words) ?? .unknown
  }

  private static func quota(in words: String) -> Self? {
    if let name = words.between("exceeded quota: ", ",") {
      let requested = words.between("requested: ", " used: ") ?? ""
      return .quota(name: name, exceeded: resources(in: requested))
    }
    if words.contains("insufficient quota to match these scopes") { return .quotaOfPriorityClass }
    guard let name = words.between("failed quota: ", ":"), let list = words.after("must specify ") else { return nil }
    return .quotaAsks(name: name, unspecified(list))
  }

  /// `limits.memory=4Gi,requests.cpu=2,pods=1` → the members of `resources`.
  private static func resources(in list: String) -> [String] {
    list.split(whereSeparator: { ", ".contains($0) }).compactMap { item in
      resource(item.prefix { $0 != "=" })
    }
  }

  private static func resource(_ name: Substring) -> String? {
    if name.hasPrefix("limits.") || name.hasPrefix("requests.") { return String(name) }
    return ["cpu", "memory", "ephemeral-storage"].contains(name) ? "requests.\(name)" : nil
  }

  /// `limits.cpu for: worker; requests.memory for: proxy,worker`, of older clusters `limits.cpu,requests.memory`.
  private static func unspecified(_ list: String) -> [PodRefusal.ContainerResource] {
    list.split(separator: ";").flatMap { part -> [PodRefusal.ContainerResource] in
      let names = part.firstRange(of: " for: ").map { part[..<$0.lowerBound] } ?? part
      let containers = part.firstRange(of: " for: ").map { part[$0.upperBound...].split(separator: ",") } ?? []
      return resources(in: String(names)).flatMap { name -> [PodRefusal.ContainerResource] in
        containers.isEmpty ? [.init(name: name)] : containers.map { .init(name: name, container: $0.trimmed) }
      }
    }
  }

  private static func limitRange(in words: String) -> Self? {
    guard let kind = ["maximum ", "minimum "].first(where: { words.contains($0) && words.contains(" usage per ") })
    else {
      return words.before(" max limit to request ratio per ")?.split(separator: " ").last
        .map { .limitToRequest(resource: $0.trimmed) }
    }
    guard let name = words.between(kind, " usage per ")?.split(separator: " ").last?.trimmed else { return nil }
    let isMissing = words.contains("No limit is specified") || words.contains("No request is specified")
    return kind == "maximum "
      ? .aboveMaximum(resource: name, isMissing: isMissing) : .belowMinimum(resource: name, isMissing: isMissing)
  }

  private static func security(in words: String) -> Self? {
    if words.contains("unable to validate against any security context constraint") {
      return .securityContextConstraint
    }
    guard let level = words.between("violates PodSecurity \"", "\"") else { return nil }
    return .podSecurity(
      level: level, volumes: words.contains("volume") ? words.quoted(after: ["volume ", "volumes "]) : nil,
      containers: words.quoted(after: ["container ", "containers "]))
  }

  private static func policy(in words: String) -> Self? {
    if let name = words.between("failed calling webhook \"", "\"")
      ?? words.between("failed calling admission webhook \"", "\"")
    {
      return .webhookFails(name: name)
    }
    if let name = words.between("admission webhook \"", "\" denied") { return .webhookDenies(name: name) }
    return words.between("ValidatingAdmissionPolicy '", "'").map { .admissionPolicy(name: $0) }
  }

  private static func missingObject(in words: String) -> Self? {
    if let name = words.between("no PriorityClass with name ", " was found") { return .noPriorityClass(name: name) }
    if words.contains("RuntimeClass") { return .noRuntimeClass }
    return words.between("serviceaccount \"", "\" not found").map { .noServiceAccount(name: $0) }
  }

  /// `spec.containers[0].image: Required value`
  private static func field(in words: String) -> Self? {
    words.hasPrefix("spec.") ? words.before(": ").map { .invalidField(path: $0) } : nil
  }
}

extension String {
  func between(_ start: String, _ end: String) -> String? {
    guard let from = firstRange(of: start)?.upperBound else { return nil }
    let rest = self[from...]
    guard let to = rest.firstRange(of: end)?.lowerBound else { return nil }
    return rest[..<to].trimmed
  }

  func before(_ mark: String) -> String? { firstRange(of: mark).map { String(self[..<$0.lowerBound]) } }
  func after(_ mark: String) -> String? { firstRange(of: mark).map { String(self[$0.upperBound...]) } }

  /// The names in quotes that follow one of the words, several behind commas: `containers "a", "b"`; each once, in order.
  func quoted(after words: [String]) -> [String] {
    var names: [String] = []
    for word in words {
      var rest = self[...]
      while let start = rest.firstRange(of: word + "\"") {
        rest = rest[rest.index(before: start.upperBound)...]
        while rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") {
          names.append(String(rest[rest.index(after: rest.startIndex)..<end]))
          rest = rest[rest.index(after: end)...]
          if rest.hasPrefix(", \"") { rest = rest.dropFirst(2) }
        }
      }
    }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }
}

extension Substring {
  /// Without blanks at its ends.
  var trimmed: String {
    var text = self
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text.drop { $0.isWhitespace })
  }
}
