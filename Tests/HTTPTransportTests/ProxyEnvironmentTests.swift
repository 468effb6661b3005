import CCurl
import Glibc
import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// What libcurl makes of `http_proxy` and `no_proxy`: its own doing, on which operators behind a proxy rely.
@Suite("The environment's proxy")
struct ProxyEnvironmentTests {
  /// In a process of its own: the environment belongs to all tests.
  @Test("Hosts, their subdomains and networks in no_proxy are reached without the proxy, all others through it")
  func exceptions() async {
    await #expect(processExitsWith: .success) {
      let asked = Mutex<[String]>([])
      let proxy = try ScriptedServer { request in
        asked.withLock { $0.append(request.target) }
        return [.answer(200, body: "by proxy")]
      }
      defer { proxy.stop() }
      setenv("http_proxy", proxy.url, 1)
      setenv("no_proxy", "api.test, .svc.cluster.local,10.96.0.0/12,192.0.2.7", 1)
      unsetenv("NO_PROXY")
      let transport = try CurlTransport()
      let short = HTTPTimeouts(connect: .milliseconds(200), idle: .seconds(30), total: .seconds(30))
      for host in ["elsewhere.test", "notapi.test", "192.0.2.8", "[2001:db8::1]"] {
        let answer = try await transport.send(HTTPRequest(url: "http://\(host)/x"))
        #expect(answer.text == "by proxy", "\(host)")
      }
      let throughProxy = asked.withLock { $0 }
      #expect(throughProxy.count == 4 && throughProxy[0] == "http://elsewhere.test/x", "\(throughProxy)")
      // Since 7.86; networks of IPv6 not even in 7.88.
      let knowsNetworks = curl_version_info(CURLVERSION_FIRST).map { $0.pointee.version_num >= 0x07_56_00 } ?? false
      let networks = knowsNetworks ? ["10.96.0.1", "10.111.255.254"] : []
      for host in ["api.test", "sub.api.test", "kubernetes.default.svc.cluster.local", "192.0.2.7"] + networks {
        // Nobody is there, or somebody is; what matters is who is asked.
        _ = try? await transport.send(HTTPRequest(url: "http://\(host):9/x", timeouts: short))
        #expect(asked.withLock { $0 } == throughProxy, "\(host)")
      }
    }
  }
}
