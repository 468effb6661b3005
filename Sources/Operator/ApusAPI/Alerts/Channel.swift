/// What a policy says about a channel of one kind: type, schema and problems stand in one file, named after the kind. What is
/// sent stands there too where it is an HTTP request (`HTTPAlertChannelSpec`), and in `Reconcilers/Alerts` otherwise.
package protocol AlertChannelSpec: Codable, Sendable, Equatable, SchemaDescribed {
  /// The field of a channel that holds it: `slack`.
  static var field: String { get }

  /// What is wrong with it beyond its form.
  /// - Parameter path: its own field: `spec.alerts.channels[0].slack`.
  func problems(at path: String) -> [Problem]
}

extension AlertChannelSpec {
  package func problems(at path: String) -> [Problem] { [] }

  fileprivate func isEqual(to other: any AlertChannelSpec) -> Bool { other as? Self == self }
}

extension MonitoringPolicySpec.Alerts {
  /// A channel: its name beside the one field that says where it leads.
  package struct Channel: Sendable {
    package var name: String
    /// One, in a valid policy.
    package var kinds: [any AlertChannelSpec]

    package init(name: String, _ kinds: any AlertChannelSpec...) {
      self.name = name
      self.kinds = kinds
    }

    /// Every kind of channel, in the order of the reference.
    package static let allKinds: [any AlertChannelSpec.Type] = [
      Slack.self, PagerDuty.self, Email.self, Webhook.self, Alertmanager.self, Log.self,
    ]

    /// `slack, pagerDuty, or log`
    private static let fields: String = {
      let fields = allKinds.map { $0.field }
      return fields.dropLast().joined(separator: ", ") + ", or " + fields.suffix(1).joined()
    }()

    func problems(at path: String) -> [Problem] {
      var found: [Problem] = []
      if kinds.count != 1 {
        found.append(
          Problem(
            path, kinds.isEmpty ? "has no destination" : "has \(kinds.count) destinations",
            mend: "set exactly one of \(Self.fields)"))
      }
      return found + kinds.flatMap { $0.problems(at: "\(path).\(type(of: $0).field)") }
    }
  }
}

extension MonitoringPolicySpec.Alerts.Channel: Equatable {
  package static func == (left: Self, right: Self) -> Bool {
    left.name == right.name && left.kinds.count == right.kinds.count
      && zip(left.kinds, right.kinds).allSatisfy { $0.isEqual(to: $1) }
  }
}

extension MonitoringPolicySpec.Alerts.Channel: Codable {
  private struct Field: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Field.self)
    func kind<Kind: AlertChannelSpec>(_ type: Kind.Type) throws -> (any AlertChannelSpec)? {
      try container.decodeIfPresent(type, forKey: Field(type.field))
    }
    name = try container.decode(String.self, forKey: Field("name"))
    kinds = try Self.allKinds.compactMap { try kind($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Field.self)
    func write<Kind: AlertChannelSpec>(_ kind: Kind) throws { try container.encode(kind, forKey: Field(Kind.field)) }
    try container.encode(name, forKey: Field("name"))
    for kind in kinds { try write(kind) }
  }
}

extension MonitoringPolicySpec.Alerts.Channel: SchemaDescribed {
  package static let schema = Schema.object(
    "A channel: exactly one kind besides the name.",
    [.required("name", .string("How routes name it.", minimum: 1, maximum: 63))]
      + allKinds.map { .optional($0.field, $0.schema) },
    rules: [.exactlyOne(of: allKinds.map { $0.field }, "set exactly one of \(fields)")])
}
