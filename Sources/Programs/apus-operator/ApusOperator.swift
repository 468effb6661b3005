import ArgumentParser
import ControllerRuntime
import Foundation
import HTTPTransport
import Logging
import OperatorProgram
import Reconcilers
import Values

/// Trains, serves, watches and retrains models as ModelDeployments and MonitoringPolicies ask.
@main
struct ApusOperator: AsyncParsableCommand {
  private static let program = OperatorProgram(
    name: "apus-operator", version: "0.1.0", reporter: "apus.dev/operator")

  static let configuration = CommandConfiguration(
    commandName: "apus-operator", abstract: "Keeps the models of a Kubernetes cluster trained, served and watched.",
    discussion: """
      Each flag may also be given by the environment: --log-level is APUS_OPERATOR_LOG_LEVEL, --leader-elect is \
      APUS_OPERATOR_LEADER_ELECT (true or false). The command line wins.
      """,
    version: program.version)

  @Option(
    name: [.customLong("config"), .customLong("configuration")], help: "The operator's own settings, a YAML file.")
  var config = "/etc/apus/operator.yaml"

  @OptionGroup var options: OperatorOptions

  static func main() async {
    Allocator.economise()
    do {
      let arguments = try EnvironmentArguments(
        program: program.name, values: ["config"] + OperatorOptions.values, switches: OperatorOptions.switches
      ).complete(Array(CommandLine.arguments.dropFirst()), from: ProcessInfo.processInfo.environment)
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch {
      exit(withError: error)
    }
  }

  func run() async throws {
    do {
      try await Self.program.run(options) { context in
        let configuration = try readConfiguration()
        let settings = configuration.settings(with: ProcessInfo.processInfo.environment, watching: context.namespace)
        var outbound = configuration.outbound
        outbound.closed = Self.ownAPIServer
        if outbound.allowsAnyHost {
          context.logger.notice(
            "policies may name any host for queries and alerts; list the allowed ones under outbound in the configuration"
          )
        }
        if let warning = outbound.proxyWarning(ProcessInfo.processInfo.environment) {
          context.logger.warning("\(warning)")
        }
        let toPods = TransportConfiguration(userAgent: Self.program.userAgent)
        var toOthers = toPods
        toOthers.outbound = outbound
        let assembly = OperatorAssembly(
          api: context.api, settings: settings, namespace: context.namespace, home: context.home,
          workers: context.workers, transport: try CurlTransport(toPods), outside: try CurlTransport(toOthers),
          mail: CurlMailTransport(outbound: outbound), outbound: outbound,
          events: context.events, metrics: context.metrics, elector: context.elector, logger: context.logger)
        Allocator.giveBack { assembly.caches.lists }
        return assembly.host
      }
    } catch {
      // It has been logged, in the form that logs have.
      throw ExitCode.failure
    }
  }

  /// No policy has anything to ask of it. On the local cluster it shares its address with everything else.
  private static var ownAPIServer: [AddressBlock] {
    let host = ProcessInfo.processInfo.environment["KUBERNETES_SERVICE_HOST"] ?? ""
    return [AddressBlock(host)].compactMap(\.self).filter { $0.address.reach != .loopback }
  }

  private func readConfiguration() throws -> OperatorConfiguration {
    guard let data = FileManager.default.contents(atPath: config) else {
      throw OperatorConfigurationError.unreadable(
        file: config, reason: "cannot be read; name the operator's settings with --config")
    }
    return try OperatorConfiguration(yaml: Array(data), file: config)
  }
}
