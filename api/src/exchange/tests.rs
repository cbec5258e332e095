#[test]
fn x() {
    match super::demonstration() {
        Ok(b) => println!("{} plans", b.plans.len()),
        Err(p) => {
            for p in p {
                println!("{p}")
            }
        }
    }
}
