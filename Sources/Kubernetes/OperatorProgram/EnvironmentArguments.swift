/// Flags from the environment: `--log-level` of the program `apus-operator` is `APUS_OPERATOR_LOG_LEVEL`. What stands on the
/// command line wins. Empty variables count as absent.
///
/// Only the given names are looked up: Kubernetes puts variables of its own into pods, such as `APUS_OPERATOR_SERVICE_HOST`
/// for a Service of that name.
public struct EnvironmentArguments: Sendable {
  private let prefix: String
  private let values: [String]
  private let switches: [String]

  /// - Parameters:
  ///   - values: names of options that take a value, without the dashes.
  ///   - switches: names of flags; their variables are `true` or `false`.
  public init(program: String, values: [String], switches: [String]) {
    prefix = Self.variable(program) + "_"
    self.values = values
    self.switches = switches
  }

  /// The arguments, with those that only the environment has in front of them.
  ///
  /// Errors: `UnusableVariable`.
  public func complete(_ arguments: [String], from environment: [String: String]) throws(UnusableVariable) -> [String] {
    var more: [String] = []
    for name in values {
      if let value = present(name, environment), !isGiven(["--" + name], arguments) {
        more.append("--\(name)=\(value)")
      }
    }
    for name in switches {
      guard let value = present(name, environment), !isGiven(["--" + name, "--no-" + name], arguments) else { continue }
      switch value.lowercased() {
      case "true", "1": more.append("--" + name)
      // Switches that are off by default have no opposite; those that have one are on by default.
      case "false", "0": if inverted.contains(name) { more.append("--no-" + name) }
      default: throw UnusableVariable(name: prefix + Self.variable(name), value: value)
      }
    }
    return more + arguments
  }

  private var inverted: Set<String> { ["leader-elect"] }

  private func present(_ name: String, _ environment: [String: String]) -> String? {
    environment[prefix + Self.variable(name)].flatMap { $0.isEmpty ? nil : $0 }
  }

  private func isGiven(_ flags: [String], _ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains { argument in
      flags.contains { argument == $0 || argument.hasPrefix($0 + "=") }
    }
  }

  private static func variable(_ name: String) -> String {
    String(name.uppercased().map { $0 == "-" ? "_" : $0 })
  }
}

/// A switch's variable says neither yes nor no.
public struct UnusableVariable: Error, Sendable, Equatable, CustomStringConvertible {
  public var name: String
  public var value: String

  public var description: String { "\(name): '\(value)' is neither true nor false" }
}
