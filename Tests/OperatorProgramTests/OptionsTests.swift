import ArgumentParser
import OperatorProgram
import Testing

@Suite("Flags of operators")
struct OptionsTests {
  struct Command: ParsableCommand {
    @OptionGroup var options: OperatorOptions
  }

  let environment = EnvironmentArguments(
    program: "my-operator", values: OperatorOptions.values, switches: OperatorOptions.switches)

  func options(_ arguments: [String], _ variables: [String: String]) throws -> OperatorOptions {
    let complete = try environment.complete(arguments, from: variables)
    let command = try Command.parseAsRoot(complete)
    return try #require(command as? Command).options
  }

  @Test("come from the command line, else from the environment, else they have a default")
  func order() throws {
    let variables = [
      "MY_OPERATOR_WORKERS": "7", "MY_OPERATOR_LOG_LEVEL": "debug", "MY_OPERATOR_LEADER_ELECT": "false",
      "MY_OPERATOR_SECURE_METRICS": "TRUE", "MY_OPERATOR_NAMESPACE": "", "MY_OPERATOR_SERVICE_HOST": "10.0.0.1",
      "MY_OPERATOR_METRICS_ADDRESS": "127.0.0.1:9090",
    ]
    let fromEnvironment = try options([], variables)
    #expect(fromEnvironment.workers == 7 && fromEnvironment.logLevel == "debug")
    #expect(!fromEnvironment.leaderElect && fromEnvironment.secureMetrics && fromEnvironment.namespace == nil)
    #expect(fromEnvironment.metricsAddress == ListenAddress(port: 9090, host: "127.0.0.1"))
    let both = try options(["--workers", "3", "--log-level=info", "--leader-elect"], variables)
    #expect(both.workers == 3 && both.logLevel == "info" && both.leaderElect)
    let neither = try options([], [:])
    #expect(neither.workers == 2 && neither.leaderElect && !neither.secureMetrics)
    #expect(try !options([], ["MY_OPERATOR_SECURE_METRICS": "false"]).secureMetrics)
  }

  @Test("all have a variable")
  func complete() throws {
    let help = Command.helpMessage()
    let flags = Set(help.matches(of: /--(?:no-)?([a-z-]+)/).map { String($0.output.1) }).subtracting(["help"])
    #expect(flags == Set(OperatorOptions.values + OperatorOptions.switches))
  }

  @Test(
    "are refused where they cannot mean anything",
    arguments: [
      ["--workers", "0"], ["--log-level", "loud"], ["--lease-duration", "5"], ["--lease-duration", "nan"],
      ["--renew-deadline", "-1"], ["--retry-period", "1e30"], ["--metrics-address", "8080"],
      ["--health-address", ":70000"],
    ])
  func refused(arguments: [String]) {
    #expect(throws: (any Error).self) { try options(arguments, [:]) }
  }

  @Test("from the environment that are neither true nor false are named")
  func neither() {
    let error = #expect(throws: UnusableVariable.self) { try options([], ["MY_OPERATOR_LEADER_ELECT": "maybe"]) }
    #expect(error?.description == "MY_OPERATOR_LEADER_ELECT: 'maybe' is neither true nor false")
  }

  @Test("say where to listen")
  func addresses() {
    #expect(ListenAddress(argument: ":8080") == ListenAddress(port: 8080))
    #expect(ListenAddress(argument: "[::1]:80") == ListenAddress(port: 80, host: "::1"))
    #expect(ListenAddress(argument: "0") == ListenAddress(port: nil))
    #expect(ListenAddress(argument: "host") == nil && ListenAddress(argument: ":0") == nil)
  }
}
