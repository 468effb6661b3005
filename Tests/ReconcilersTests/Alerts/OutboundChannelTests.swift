import HTTPTransport
import KubernetesModel
import Synchronization
import TestSupport
import Testing
import Values

@testable import Reconcilers

/// Channels whose servers a namespace names.
@Suite struct OutboundChannelTests {
  private static func wires(_ rules: OutboundRules) throws -> AlertWires {
    var configuration = TransportConfiguration()
    configuration.outbound = rules
    return AlertWires(http: try CurlTransport(configuration), mail: CurlMailTransport(outbound: rules))
  }

  private static func channel(_ kind: String, _ host: String, _ port: Int) async throws -> any AlertChannel {
    let url = "http://\(host):\(port)"
    let kinds: [String: JSONValue] = [
      "alertmanager": ["alertmanager": ["url": .string(url)]],
      "webhook": ["webhook": ["urlSecretRef": ["name": "s", "key": "url"]]],
      "slack": ["slack": ["webhookSecretRef": ["name": "s", "key": "url"]]],
      "email": [
        "email": [
          "server": .string("smtp://\(host):\(port)"), "security": "None", "from": "a@example.org",
          "to": ["b@example.org"],
        ]
      ],
    ]
    let opened = try await AlertWorld.open(
      try #require(kinds[kind]), secrets: ["s": ["url": url + "/services/hush"]])
    return try #require(opened.channels["out"], "\(opened.problems)")
  }

  @Test(arguments: ["alertmanager", "webhook", "slack", "email"], ["127.0.0.1", "127.1", "localhost"])
  func `an alert does not reach the operator's own machine, and waits for a mended configuration`(
    kind: String, host: String
  ) async throws {
    let asked = Mutex(0)
    let server = try ScriptedServer { _ in
      asked.withLock { $0 += 1 }
      return [.answer(200, body: "hush")]
    }
    defer { server.stop() }
    let channel = try await Self.channel(kind, host, server.port)
    let delivery = await channel.send(AlertWorld.alert(), except: [], over: try Self.wires(.anyHost))
    let failure = try #require(delivery.failure)
    #expect(failure.retry == .later && failure.concernsChannel)
    #expect(failure.reason.contains("loopback addresses are refused") && !failure.reason.contains("hush"))
    #expect(asked.withLock { $0 } == 0)
  }

  @Test(arguments: ["alertmanager", "webhook", "slack"])
  func `a server that is allowed has the alert, and nothing it says is told`(kind: String) async throws {
    let status = Mutex(200)
    let server = try ScriptedServer { _ in [.answer(status.withLock { $0 }, headers: ["X-Word": "hush"], body: "hush")]
    }
    defer { server.stop() }
    let channel = try await Self.channel(kind, "127.0.0.1", server.port)
    let wires = try Self.wires(
      OutboundRules(networks: [AddressBlock("127.0.0.0/8")].compactMap(\.self), allowsLoopback: true))
    #expect(await channel.send(AlertWorld.alert(), except: [], over: wires) == .done)
    for code in [302, 404, 500] {
      status.withLock { $0 = code }
      let failure = try #require(await channel.send(AlertWorld.alert(), except: [], over: wires).failure)
      #expect(failure.reason.contains("\(code)") && !failure.reason.contains("hush"), "\(failure.reason)")
    }
  }
}
