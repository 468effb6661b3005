import Testing
import Values

/// Whom a program may connect to where somebody else names the server.
@Suite struct OutboundRulesTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("2130706433", "127.0.0.1"), ("0x7f000001", "127.0.0.1"),
    ("0x7F.1", "127.0.0.1"), ("0177.0.0.1", "127.0.0.1"), ("017700000001", "127.0.0.1"), ("127.0.0.1.", "127.0.0.1"),
    ("169.16689662", "169.254.169.254"), ("0xa9.0376.0xa9fe", "169.254.169.254"), ("0", "0.0.0.0"),
    ("::ffff:169.254.169.254", "169.254.169.254"), ("[::ffff:a9fe:a9fe]", "169.254.169.254"),
    ("0:0:0:0:0:ffff:7f00:1", "127.0.0.1"), ("::127.0.0.1", "127.0.0.1"),
    ("64:ff9b::169.254.169.254", "169.254.169.254"),
    ("2002:a9fe:a9fe::1", "169.254.169.254"), ("::1", "0:0:0:0:0:0:0:1"), ("fe80::1%eth0", "fe80:0:0:0:0:0:0:1"),
    ("1::", "1:0:0:0:0:0:0:0"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
  ])
  func `every spelling of an address is that address`(text: String, address: String) throws {
    #expect(NetworkAddress(text)?.description == address)
  }

  @Test(arguments: [
    "", ".", "localhost", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "4294967296", "0x", "08.1.1.1", "+1.2.3.4", "-1",
    "1..2",
    "a.b.c.d", "10.0.0.1a", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "::g",
    "1:2:3:4:5:6:7::8", "١٢٧.0.0.1", "0x7f000001.com",
  ])
  func `what is none is a name`(text: String) { #expect(NetworkAddress(text) == nil) }

  @Test(
    arguments: [
      ("127.0.0.1", .loopback), ("127.255.255.254", .loopback), ("::1", .loopback), ("::ffff:127.0.0.1", .loopback),
      ("0.0.0.0", .special), ("0.1.2.3", .special), ("169.254.0.1", .special), ("169.254.169.254", .special),
      ("224.0.0.1", .special), ("255.255.255.255", .special), ("100.100.100.200", .special),
      ("168.63.129.16", .special),
      ("::", .special), ("fe80::1", .special), ("febf::1", .special), ("ff02::1", .special),
      ("fd00:ec2::254", .special),
      ("fd00:ec2::23", .special), ("fd20:ce::254", .special), ("::ffff:169.254.169.254", .special),
      ("64:ff9b::a9fe:a9fe", .special), ("2002:a9fe:a9fe::", .special), ("10.0.0.1", .local), ("172.31.0.1", .local),
      ("192.168.1.1", .local), ("100.64.0.1", .local), ("198.51.100.1", .local), ("fd00::1", .local),
      ("fec0::1", .local),
      ("2001:db8::1", .local), ("2001:0:1::1", .local), ("64:ff9b:1::1", .local), ("::ffff:10.0.0.1", .local),
      ("8.8.8.8", .internet), ("172.32.0.1", .internet), ("100.128.0.1", .internet), ("2606:4700::1", .internet),
      ("::ffff:8.8.8.8", .internet), ("223.255.255.255", .internet),
    ] as [(String, NetworkAddress.Reach)])
  func `an address reaches somebody`(text: String, reach: NetworkAddress.Reach) throws {
    #expect(try #require(NetworkAddress(text)).reach == reach)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.96.0.0/12", "10.111.255.255", true),
    ("10.96.0.0/12", "10.112.0.0", false), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
    ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "fd00::1", false), ("fd00::/8", "fdff::1", true),
    ("fd00::/8", "fe00::1", false), ("::ffff:10.0.0.0/104", "10.1.1.1", true), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
  ])
  func `a network has its addresses`(block: String, address: String, isInside: Bool) throws {
    let (block, address) = (try #require(AddressBlock(block)), try #require(NetworkAddress(address)))
    #expect(block.contains(address) == isInside)
  }

  @Test(arguments: [
    "", "10", "10.1", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "fd00::/129", "a/8", "2002::/16",
  ])
  func `what is no network is none`(text: String) { #expect(AddressBlock(text) == nil) }

  @Test(arguments: [
    ("hooks.slack.com", "hooks.slack.com", true), ("hooks.slack.com", "HOOKS.slack.com.", true),
    ("hooks.slack.com", "xhooks.slack.com", false), ("*.svc", "prometheus.monitoring.svc", true),
    ("*.svc", "svc", false), ("*.svc", "evilsvc", false), ("*.svc", "a.svc.example.org", false),
    ("*.SVC.", "a.svc", true),
    ("10.0.0.5", "10.0.0.5", true), ("10.0.0.5", "0xa.0.0.5", true), ("10.0.0.5", "10.0.0.6", false),
    ("fd00::5", "[fd00:0::5]", true), ("*", "anything", true), ("*", "10.0.0.1", true),
  ])
  func `a pattern has its hosts`(pattern: String, host: String, isMatch: Bool) throws {
    #expect(try #require(HostPattern(pattern)).matches(host) == isMatch)
  }

  @Test(arguments: [
    "", "*.", "*.5", "a.*", "*.*.a", "a b", "http://a", "a/b", "a:80", "a..b", ".a", "ä.example", "*.10.0.0.1",
  ])
  func `what is no host is no pattern`(text: String) { #expect(HostPattern(text) == nil) }

  private static let strict = OutboundRules(
    hosts: ["*.svc", "hooks.slack.com"].compactMap { HostPattern($0) },
    networks: [AddressBlock("10.9.0.0/16")].compactMap(\.self))
  /// Where pods have public addresses.
  private static let besides: OutboundRules = {
    var rules = shipped
    rules.refusedNetworks = [AddressBlock("8.0.0.0/8")].compactMap(\.self)
    return rules
  }()
  private static let shipped = OutboundRules(hosts: ["*.svc"].compactMap { HostPattern($0) }, allowsInternet: true)

  @Test(
    arguments: [
      // What is named may lead to any network …
      (strict, "prometheus.monitoring.svc", "10.96.3.4", nil), (strict, "hooks.slack.com", "3.3.3.3", nil),
      // … but never to the machine itself, its link, or whoever hands out credentials.
      (strict, "evil.svc", "127.0.0.1", .loopback), (strict, "evil.svc", "169.254.169.254", .special),
      (strict, "evil.svc", "::ffff:169.254.169.254", .special), (strict, "evil.svc", "fd00:ec2::254", .special),
      (strict, "evil.svc", "0.0.0.0", .special), (strict, "evil.svc", "fe80::1", .special),
      // A name that is not listed counts by its address, at each connection.
      (strict, "evil.example", "10.9.1.1", nil), (strict, "evil.example", "10.8.1.1", .notAllowed),
      (strict, "evil.example", "8.8.8.8", .notAllowed), (shipped, "evil.example", "8.8.8.8", nil),
      (shipped, "evil.example", "10.9.1.1", .notAllowed), (shipped, "evil.example", "127.0.0.1", .loopback),
      (shipped, "x.svc", "10.9.1.1", nil), (.anyHost, "evil.example", "10.9.1.1", nil),
      (.anyHost, "evil.example", "127.0.0.1", .loopback), (.anyHost, "evil.example", "169.254.169.254", .special),
      (.anyHostOfPod, "localhost", "127.0.0.1", nil), (.anyHostOfPod, "x", "169.254.169.254", .special),
      (OutboundRules(), "evil.example", "8.8.8.8", .notAllowed),
      (besides, "evil.example", "8.8.8.8", .refusedNetwork), (besides, "a.b.svc", "8.8.8.8", .refusedNetwork),
      (besides, "evil.example", "9.8.8.8", nil),
      // Development: the switch alone allows nobody.
      (OutboundRules(allowsLoopback: true), "localhost", "127.0.0.1", .notAllowed),
      (
        OutboundRules(networks: [AddressBlock("127.0.0.0/8")].compactMap(\.self), allowsLoopback: true), "localhost",
        "127.0.0.1", nil
      ),
    ] as [(OutboundRules, String, String, OutboundRefusal?)])
  func `an address is allowed for a host, or not`(
    rules: OutboundRules, host: String, address: String, refusal: OutboundRefusal?
  ) throws {
    #expect(rules.refusal(of: try #require(NetworkAddress(address)), for: host) == refusal)
  }

  @Test(
    arguments: [
      (strict, "169.254.169.254", .special), (strict, "0xa9fea9fe", .special), (strict, "[::ffff:a9fe:a9fe]", .special),
      (strict, "2130706433", .loopback), (strict, "10.8.0.1", .notAllowed), (strict, "10.9.0.1", nil),
      (OutboundRules(), "evil.example", .notAllowed), (strict, "evil.example", nil), (shipped, "evil.example", nil),
      (.anyHost, "10.8.0.1", nil), (.anyHost, "[::]", .special),
    ] as [(OutboundRules, String, OutboundRefusal?)])
  func `a host is refused before anybody is asked where that is certain`(
    rules: OutboundRules, host: String, refusal: OutboundRefusal?
  ) {
    #expect(rules.refusal(of: host) == refusal)
  }

  @Test func `behind a proxy only names count, and the API server is closed though it is allowed`() {
    #expect(Self.strict.refusalThroughProxy(of: "hooks.slack.com") == nil)
    #expect(Self.strict.refusalThroughProxy(of: "evil.example") == .notAllowedThroughProxy)
    #expect(Self.shipped.refusalThroughProxy(of: "evil.example") == .notAllowedThroughProxy)
    #expect(Self.shipped.refusalThroughProxy(of: "169.254.169.254") == .special)
    #expect(OutboundRules.anyHost.refusalThroughProxy(of: "evil.example") == nil)
    var rules = Self.strict
    rules.closed = [AddressBlock("10.96.0.1")].compactMap(\.self)
    #expect(NetworkAddress("10.96.0.1").flatMap { rules.refusal(of: $0, for: "kubernetes.default.svc") } == .closed)
    #expect(NetworkAddress("10.96.0.2").flatMap { rules.refusal(of: $0, for: "other.default.svc") } == nil)
  }

  @Test(
    arguments: [
      (strict, "prometheus.monitoring", "prometheus.monitoring.svc"), (shipped, "a.b", "a.b.svc"),
      (shipped, "a.svc", nil), (shipped, "prometheus", nil), (shipped, "a.b.c", nil), (shipped, "10.1", nil),
      (shipped, "a.b:80", nil), (shipped, "a.", nil), (shipped, "A.b", nil), (.anyHost, "a.b", nil),
      (OutboundRules(allowsInternet: true), "a.b", nil),
    ] as [(OutboundRules, String, String?)])
  func `a short name stands for a Service where that is allowed`(rules: OutboundRules, host: String, service: String?) {
    #expect(rules.service(of: host) == service)
  }

  @Test func `no refusal names an address`() {
    for refusal in [OutboundRefusal.notAllowed, .notAllowedThroughProxy, .loopback, .special, .closed] {
      #expect(!"\(refusal)".contains { $0.isNumber })
    }
  }
}
