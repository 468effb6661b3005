import KubernetesModel

/// CPU, memory and other resources of a generated container, as in a pod: names to quantities.
package struct ContainerResources: Codable, Sendable, Equatable {
  package var requests: [String: String]
  package var limits: [String: String]

  package init(requests: [String: String] = [:], limits: [String: String] = [:]) {
    self.requests = requests
    self.limits = limits
  }

  package var isEmpty: Bool { requests.isEmpty && limits.isEmpty }
}

extension ContainerResources: SchemaDescribed {
  package static let schema = Schema.object(
    "Resources of the container; a template that names them as well wins.",
    [
      .optional("requests", quantities("What the scheduler sets aside, such as cpu: 500m, memory: 1Gi.").implying([:])),
      .optional("limits", quantities("The most the container gets, such as memory: 2Gi.").implying([:])),
    ])

  private static func quantities(_ description: String) -> Schema {
    .map(description, of: .integerOrString("A quantity."), maximum: 32)
  }
}

extension ContainerResources {
  /// What the API server would refuse when the pod is made, long after the spec was accepted.
  func problems(at path: String) -> [Problem] {
    let members = [("requests", requests), ("limits", limits)]
    let unreadable = members.flatMap { member, quantities in
      quantities.sorted { $0.key < $1.key }.compactMap { Self.problem($0.key, $0.value, at: "\(path).\(member)") }
    }
    let excessive = requests.sorted { $0.key < $1.key }.compactMap { name, text -> Problem? in
      guard let limit = limits[name], let most = Quantity.value(of: limit), let wanted = Quantity.value(of: text),
        wanted > most
      else { return nil }
      return Problem(
        "\(path).requests.\(name)", "\(text) is above limits.\(name) \(limit)", mend: "lower it or raise the limit")
    }
    return unreadable + excessive
  }

  private static func problem(_ name: String, _ text: String, at path: String) -> Problem? {
    guard let value = Quantity.value(of: text), value >= 0 else {
      return Problem(
        "\(path).\(name)", "'\(text)' is not a quantity", mend: "write for example \(name == "cpu" ? "500m" : "2Gi")")
    }
    if name == "memory", value > 0, value < 1 {
      return Problem(
        "\(path).\(name)", "'\(text)' is less than a byte: m means a thousandth",
        mend: "write \(text.dropLast())Mi")
    }
    return nil
  }
}

/// A number with a unit, as Kubernetes writes it: `500m`, `1.5`, `2Gi`, `1e3`.
enum Quantity {
  private static let units: [Substring: Double] = [
    "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
    "Ei": 1_152_921_504_606_846_976,
  ]

  /// nil: not a quantity.
  static func value(of text: String) -> Double? {
    let unit = text.reversed().prefix { $0.isASCII && $0.isLetter }.count
    let number = text.dropLast(unit)
    let isPlain = number.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) }
    guard isPlain, number.last?.isNumber == true || number.last == ".", let factor = units[text.suffix(unit)],
      let value = Double(number), value.isFinite
    else { return nil }
    return value * factor
  }
}
