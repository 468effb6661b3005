/// Why the cluster makes no pod from a template, in its own words, and what a person can set.
///
/// The words are those of the admission plug-ins of Kubernetes 1.20 to 1.36 and of OpenShift's.
struct PodRefusal: Sendable, Hashable {
  /// Without the name that the refused pod would have had, which is another one each time.
  let cause: String

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
    cause = String(text.prefix(Self.longestCause))
  }

  private static let longestCause = 600

  /// `the cluster refuses the pod: exceeded quota: …; lower spec.training.resources.limits.memory, or raise …`
  func sentence(of pods: String, _ fields: PodFields) -> String {
    "the cluster refuses \(pods): \(cause); \(mend(fields))"
  }

  func mend(_ fields: PodFields) -> String {
    quota(fields) ?? limitRange(fields) ?? security(fields) ?? webhook(fields) ?? missingObject(fields)
      ?? invalidField(fields) ?? "correct \(fields.template)"
  }

  // MARK: Quota

  private func quota(_ fields: PodFields) -> String? {
    if let name = cause.between("exceeded quota: ", ",") {
      let requested = cause.between("requested: ", " used: ") ?? ""
      let paths = Self.resources(in: requested).map { fields.resource($0) }
      let raise = "raise ResourceQuota \(name)"
      guard !paths.isEmpty else { return "\(raise), or delete what uses it up" }
      return "lower \(paths.joined(separator: ", ")), or \(raise)"
    }
    if cause.contains("insufficient quota to match these scopes") {
      return "create a ResourceQuota for its priority class, or correct \(fields.template("priorityClassName"))"
    }
    guard let name = cause.between("failed quota: ", ":"), let list = cause.after("must specify ") else { return nil }
    return "set \(Self.unspecified(list, fields).joined(separator: ", ")), which ResourceQuota \(name) asks for"
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
  private static func unspecified(_ list: String, _ fields: PodFields) -> [String] {
    list.split(separator: ";").flatMap { part -> [String] in
      let names = part.firstRange(of: " for: ").map { part[..<$0.lowerBound] } ?? part
      let containers = part.firstRange(of: " for: ").map { part[$0.upperBound...].split(separator: ",") } ?? []
      return resources(in: String(names)).flatMap { name in
        containers.isEmpty
          ? [fields.resource(name)] : containers.map { fields.resource(name, of: $0.trimmed) }
      }
    }
  }

  // MARK: LimitRange

  private func limitRange(_ fields: PodFields) -> String? {
    guard let kind = ["maximum ", "minimum "].first(where: { cause.contains($0) && cause.contains(" usage per ") })
    else {
      guard let name = cause.before(" max limit to request ratio per ")?.split(separator: " ").last?.trimmed else {
        return nil
      }
      let paths = ["requests", "limits"].map { fields.resource("\($0).\(name)") }
      return "bring \(paths.joined(separator: " and ")) closer together, or change the namespace's LimitRange"
    }
    guard let name = cause.between(kind, " usage per ")?.split(separator: " ").last?.trimmed else { return nil }
    let isLimit = kind == "maximum "
    let path = fields.resource("\(isLimit ? "limits" : "requests").\(name)")
    let isMissing = cause.contains("No limit is specified") || cause.contains("No request is specified")
    let verb = isMissing ? "set" : isLimit ? "lower" : "raise"
    return "\(verb) \(path), or change the namespace's LimitRange"
  }

  // MARK: Security

  private func security(_ fields: PodFields) -> String? {
    if cause.contains("unable to validate against any security context constraint") {
      return "set \(podUserSetting), so that the cluster chooses users and groups, or correct "
        + fields.template("securityContext")
    }
    guard let level = cause.between("violates PodSecurity \"", "\"") else { return nil }
    var places: [String] = []
    if cause.contains("volume") {
      let volumes = cause.quoted(after: ["volume ", "volumes "])
      places += volumes.isEmpty ? [fields.template("volumes")] : volumes.map { fields.template("volumes[name=\($0)]") }
    }
    let containers = cause.quoted(after: ["container ", "containers "])
    if !containers.isEmpty { places.append(fields.securityContext(of: containers)) }
    if places.isEmpty { places = [fields.template("securityContext")] }
    return "correct \(places.joined(separator: ", ")), or lower the namespace's label "
      + "pod-security.kubernetes.io/enforce (\(level))"
  }

  // MARK: Webhooks and policies

  private func webhook(_ fields: PodFields) -> String? {
    if let name = cause.between("failed calling webhook \"", "\"")
      ?? cause.between("failed calling admission webhook \"", "\"")
    {
      return "repair the webhook \(name), or exempt the namespace from it"
    }
    if let name = cause.between("admission webhook \"", "\" denied") {
      return "give \(fields.template) what the webhook \(name) asks for, or exempt the namespace from it"
    }
    guard let name = cause.between("ValidatingAdmissionPolicy '", "'") else { return nil }
    return
      "give \(fields.template) what the ValidatingAdmissionPolicy \(name) asks for, or exempt the namespace from it"
  }

  // MARK: Names and values

  private func missingObject(_ fields: PodFields) -> String? {
    if let name = cause.between("no PriorityClass with name ", " was found") {
      return "create the PriorityClass \(name), or correct \(fields.template("priorityClassName"))"
    }
    if cause.contains("RuntimeClass") {
      return "create the RuntimeClass, or correct \(fields.template("runtimeClassName"))"
    }
    if let name = cause.between("serviceaccount \"", "\" not found") {
      return "create the ServiceAccount \(name) in the namespace"
    }
    return nil
  }

  /// `spec.containers[0].image: Required value` → the same place in the template.
  private func invalidField(_ fields: PodFields) -> String? {
    guard cause.hasPrefix("spec."), let path = cause.before(": ") else {
      return nil
    }
    if path.hasSuffix(".resources.requests") || path.contains(".resources.limits") {
      return "correct \(fields.resource("requests")) and \(fields.resource("limits"))"
    }
    return "correct \(fields.template).\(path.dropFirst("spec.".count))"
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
