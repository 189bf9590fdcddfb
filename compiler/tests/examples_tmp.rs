mod support;
use support::*;
#[test]
fn show() {
    for f in ["2-chaos-and-heal", "7-compose", "3-gameday", "6-chaoskit", "4-requirements", "5-logs", "8-kubernetes"] {
        let t = std::fs::read_to_string(format!("/work/shared/design/examples/{f}.res")).unwrap();
        println!("--- {f}\n{}", found(&t, &check_text(&t).diagnostics).join("\n"));
    }
}
#[test]
fn speed() {
    let mut t = String::from("language = \"0.1\"\n");
    let base = std::fs::read_to_string("/work/main/compiler/tests/support/base.res").unwrap();
    let env_end = base.find("resource cache").unwrap();
    t.push_str(&base[base.find("param base").unwrap()..env_end].replace("bind = {", "bind = {\nBINDS"));
    let body = &base[env_end..];
    let mut binds = String::new();
    let n = 1000;
    for i in 0..n {
        let mut b = body.to_owned();
        for name in ["cache", "api", "half_of_api", "checkout", "depth", "available", "fast", "lose_cache", "revive_cache"] {
            b = regex_replace(&b, name, &format!("{name}{i}"));
        }
        t.push_str(&b);
        binds.push_str(&format!("cache{i} = process([\"x\", \"${{port.redis}}\"], ports = {{ redis = 1 }})\napi{i} = process([\"x\"], ports = {{ redis = 1 }})\n"));
    }
    let t = t.replace("BINDS", &binds).replace("    cache = process([\"shop-cache\", \"${port.redis}\"], ports = { redis = 6379 })\n", "").replace("    api   = process([\"shop\", \"${port.http}\"], ports = { http = 8080 }, copies = 3)\n", "");
    let mut s = rescc_lang::Sources::new();
    let id = s.add("x", t.as_str());
    let f = s.get(id).unwrap();
    #[allow(clippy::disallowed_methods)]
    for _ in 0..20 {
    let a = std::time::Instant::now();
    let p = rescc_lang::parse(f);
    let b = std::time::Instant::now();
    let c = rescc_compiler::check(&s, f, &p, &catalogue(), &Default::default());
    let d = std::time::Instant::now();
    println!("{} MB parse {:?} check {:?} errors {} {:?}", t.len() as f64 / 1e6, b - a, d - b, c.diagnostics.len(), found(&t, &c.diagnostics[..c.diagnostics.len().min(3)]));
    }
}
fn regex_replace(t: &str, from: &str, to: &str) -> String {
    regex::Regex::new(&format!(r"\b{from}\b")).unwrap().replace_all(t, to).into_owned()
}
